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

// parseCookieDate is the lenient algorithm of RFC 6265bis, section 5.1.1, as
// Chromium has it: the first token that looks like a time, a day, a month and a
// year each count, in whatever order they stand. The zero time means unreadable.
func parseCookieDate(value string) time.Time {
	var clock, day, month, year = []int(nil), -1, -1, -1
	for _, token := range strings.FieldsFunc(value, isDateDelimiter) {
		switch {
		case token[0] < '0' || token[0] > '9':
			if m := readMonth(token); month < 0 {
				month = m
			}
		case strings.Contains(token, ":"):
			if clock == nil {
				clock = readClock(token)
			}
		case day < 0 && len(token) <= 2:
			day = leadingNumber(token)
		case year < 0 && len(token) <= 5:
			year = fullYear(leadingNumber(token))
		}
	}
	if clock == nil || month < 0 || day < 1 || year < 0 {
		return time.Time{}
	}
	if clock[0] > 23 || clock[1] > 59 || clock[2] > 59 {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month+1), day, clock[0], clock[1], clock[2], 0, time.UTC)
	switch {
	case t.Day() != day:
		return time.Time{} // 31 February
	case year < earliestYear:
		return time.Date(earliestYear, 1, 1, 0, 0, 0, 0, time.UTC)
	case year > latestYear:
		return time.Date(latestYear, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t
}

// Dates beyond these count as the nearest that can be written.
const (
	earliestYear = 1601
	latestYear   = 9999
)

func isDateDelimiter(r rune) bool {
	return r == '\t' || ' ' <= r && r <= '/' || ';' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
}

func readClock(token string) []int {
	parts := strings.SplitN(token, ":", 3)
	if len(parts) != 3 || len(parts[0]) > 2 || len(parts[1]) > 2 {
		return nil
	}
	clock := make([]int, len(parts))
	for i, part := range parts {
		if clock[i] = leadingNumber(part); clock[i] < 0 {
			return nil
		}
	}
	return clock
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

// leadingNumber is the number token starts with, or -1.
func leadingNumber(token string) int {
	digits := 0
	for digits < len(token) && '0' <= token[digits] && token[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(token[:digits])
	if err != nil {
		return -1
	}
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
