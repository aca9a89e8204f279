package policy

var framingReasons = map[Reason]string{}
