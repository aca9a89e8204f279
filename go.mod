module github.com/mantlet-dev/mantlet

go 1.26.0
