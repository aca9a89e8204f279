module github.com/mantlet-dev/mantlet/conformance/bench

go 1.26.0

require (
	github.com/gorilla/csrf v1.7.3
	github.com/justinas/nosurf v1.2.0
	github.com/mantlet-dev/mantlet v0.0.0
	github.com/unrolled/secure v1.17.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/gorilla/securecookie v1.1.2 // indirect
	golang.org/x/net v0.62.0 // indirect
)

replace github.com/mantlet-dev/mantlet => ../../
