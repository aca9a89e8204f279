package policy

// lowerASCII leaves bytes above 0x7f alone, unlike strings.ToLower, which takes
// them for UTF-8 and may fold them into ASCII letters.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
