package attacker

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strconv"
	"sync"
	"time"
)

// A listener accepts TLS and plain connections on one port of both loopback
// addresses, the second where there is one.
type listener struct {
	sockets []net.Listener
	port    int
	tls     *tls.Config
	ready   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func listen() (*listener, error) {
	cert, err := certificate()
	if err != nil {
		return nil, err
	}
	four, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &listener{
		sockets: []net.Listener{four},
		port:    four.Addr().(*net.TCPAddr).Port,
		tls:     &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
		ready:   make(chan net.Conn),
		closed:  make(chan struct{}),
	}
	if six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(l.port))); err == nil {
		l.sockets = append(l.sockets, six)
	}
	for _, s := range l.sockets {
		go l.take(s)
	}
	return l, nil
}

func (l *listener) take(s net.Listener) {
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		go l.sort(c)
	}
}

// sort looks at the first byte: a TLS client opens with a handshake record (RFC
// 8446, section 5.1), which is no letter of an HTTP method.
func (l *listener) sort(c net.Conn) {
	const handshake = 22
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(c)
	first, err := r.Peek(1)
	if err != nil {
		_ = c.Close()
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	var sorted net.Conn = &peeked{Conn: c, r: r}
	if first[0] == handshake {
		sorted = tls.Server(sorted, l.tls)
	}
	select {
	case l.ready <- sorted:
	case <-l.closed:
		_ = c.Close()
	}
}

// Accept returns a *tls.Conn for those that speak TLS.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	var err error
	l.once.Do(func() {
		close(l.closed)
		for _, s := range l.sockets {
			err = errors.Join(err, s.Close())
		}
	})
	return err
}

func (l *listener) Addr() net.Addr { return l.sockets[0].Addr() }

// peeked is a connection some bytes of which are in r.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (c *peeked) Read(p []byte) (int, error) { return c.r.Read(p) }

// Certificate is what every attacker's site of this process shows. It is self-signed:
// the browser of a proof is told of it.
func Certificate() (*x509.Certificate, error) {
	cert, err := certificate()
	return cert.Leaf, err
}

var certificate = sync.OnceValues(makeCertificate)

func makeCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "attacker of a Mantlet proof"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(30 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
