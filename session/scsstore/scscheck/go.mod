// A module of its own, so that who uses mantlet does not get scs with it.
module github.com/mantlet-dev/mantlet/session/scsstore/scscheck

go 1.26.0

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/mantlet-dev/mantlet v0.0.0
)

replace github.com/mantlet-dev/mantlet => ../../..
