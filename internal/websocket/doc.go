// Package websocket speaks RFC 6455 over a connection that somebody else made: text
// messages both ways, and no more of the protocol than a scanner needs. The server's
// side is for tests. It opens no connection, negotiates no extension and keeps nothing.
//
// A Conn is safe for one reader and one writer at a time. It does not promise to
// notice that the other side is gone before something is read or written.
package websocket
