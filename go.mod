module github.com/mantlet-dev/mantlet

go 1.26.0

require (
	github.com/andybalholm/cascadia v1.3.5 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
