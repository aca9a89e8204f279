package policy

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// parseMaxAge reads delta-seconds. Numbers beyond 64 bits count as the largest
// or smallest there is; anything else is no Max-Age at all.
func parseMaxAge(value string) (int64, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return n, true
}

// deletionDate stands in for an unknown now: servers delete a cookie by dating
// it to the epoch.
var deletionDate = time.Unix(0, 0).Add(24 * time.Hour)

// expiredAt says whether the cookie is gone after age, counted from now, the
// moment it was set. An unknown (zero) now only lets it see deletions.
func (c Cookie) expiredAt(now time.Time, age time.Duration) bool {
	switch {
	case c.HasMaxAge:
		return c.MaxAge <= 0 || int64(age/time.Second) >= c.MaxAge
	case c.Expires.IsZero():
		return false
	case now.IsZero():
		return c.Expires.Before(deletionDate)
	}
	return !c.Expires.After(now.Add(age))
}

var cookieMonths = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// parseCookieDate is the lenient algorithm of RFC 6265bis, section 5.1.1: the
// first token that looks like a time, a day, a month and a year each count, in
// whatever order they stand. The zero time means unreadable.
func parseCookieDate(value string) time.Time {
	var clock, day, month, year = []int(nil), -1, -1, -1
	for _, token := range strings.FieldsFunc(value, isDateDelimiter) {
		if t := readClock(token); clock == nil && t != nil {
			clock = t
		} else if n := leadingNumber(token, 1, 2); day < 0 && n >= 0 {
			day = n
		} else if m := readMonth(token); month < 0 && m >= 0 {
			month = m
		} else if n := leadingNumber(token, 2, 4); year < 0 && n >= 0 {
			year = fullYear(n)
		}
	}
	if clock == nil || month < 0 || day < 1 || year < 1601 {
		return time.Time{}
	}
	if clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month+1), day, clock[0], clock[1], clock[2], 0, time.UTC)
	if t.Day() != day {
		return time.Time{} // 31 February
	}
	return t
}

func isDateDelimiter(r rune) bool {
	return r == '\t' || ' ' <= r && r <= '/' || ';' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}

func readClock(token string) []int {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return nil
	}
	h, m, s := leadingNumber(parts[0], 1, 2), leadingNumber(parts[1], 1, 2), leadingNumber(parts[2], 1, 2)
	if h < 0 || m < 0 || s < 0 {
		return nil
	}
	return []int{h, m, s}
}

func readMonth(token string) int {
	if len(token) < 3 {
		return -1
	}
	for i, name := range cookieMonths {
		if lowerASCII(token[:3]) == name {
			return i
		}
	}
	return -1
}

// leadingNumber is the number of least to most digits at the start of token,
// followed by nothing or a non-digit, or -1.
func leadingNumber(token string, least, most int) int {
	digits := 0
	for digits < len(token) && '0' <= token[digits] && token[digits] <= '9' {
		digits++
	}
	if digits < least || digits > most {
		return -1
	}
	n, _ := strconv.Atoi(token[:digits])
	return n
}

func fullYear(n int) int {
	switch {
	case 70 <= n && n <= 99:
		return n + 1900
	case n <= 69:
		return n + 2000
	}
	return n
}
