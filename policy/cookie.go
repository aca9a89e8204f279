package policy

var cookieReasons = map[Reason]string{}
