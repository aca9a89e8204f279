package policy

var requestReasons = map[Reason]string{}
