package prove

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
)

// A marker is the fresh value one request carries, so that its effect can be told
// from everything else. Text is found wherever it appears; Amount is for numbers,
// which are recognised by how far something moved. Either may be empty.
type marker struct{ text, amount string }

// newText is a text marker. It depends on nothing, and nothing but finding it
// again depends on it.
func newText() string {
	b := make([]byte, 4)
	rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return "mtl" + hex.EncodeToString(b)
}

func random(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0
	}
	return int(i.Int64())
}

// newDigits is a run of n random digits that does not begin with zero.
func newDigits(n int) string {
	digits := []byte{byte('1' + random(9))}
	for len(digits) < n {
		digits = append(digits, byte('0'+random(10)))
	}
	return string(digits)
}

// oddAmounts are small, so that a transfer costs little, and large enough not to
// be mistaken for a counter's step or the hour of a clock.
var oddAmounts = []int{61, 67, 71, 73, 79, 83, 89, 97, 29, 31, 37, 41, 43, 47, 53, 59}

// newAmount is an odd number within the bounds of in, none of avoid, and with
// decimals where the step allows some.
func newAmount(in input, avoid map[string]bool) string {
	low, high := bound(in.min, 1), bound(in.max, 1e9)
	if step := bound(in.step, 1); step > 0 && step < 1 || in.step == "any" {
		for range 8 {
			whole := low + float64(random(int(min(9, max(1, high-low)))))
			amount := strconv.FormatFloat(whole, 'f', 0, 64) + "." + strconv.Itoa(1+random(9)) + strconv.Itoa(1+2*random(5))
			if n, err := strconv.ParseFloat(amount, 64); err == nil && n <= high && !avoid[amount] {
				return amount
			}
		}
	}
	step, start := int(max(1, bound(in.step, 1))), random(len(oddAmounts))
	for i := range oddAmounts {
		n := oddAmounts[(start+i)%len(oddAmounts)]
		if step > 1 {
			n = int(low) + n*step
		}
		if amount := strconv.Itoa(n); float64(n) >= low && float64(n) <= high && !avoid[amount] {
			return amount
		}
	}
	for n := int(low); float64(n) <= high && n < int(low)+1000; n += step {
		if amount := strconv.Itoa(n); !avoid[amount] {
			return amount
		}
	}
	return strconv.Itoa(int(low))
}

func bound(s string, otherwise float64) float64 {
	if n, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil {
		return n
	}
	return otherwise
}

// wrongToken is a token of the same shape as genuine: same length, same kinds of
// characters in the same places, other content.
func wrongToken(genuine string) string {
	b := []byte(genuine)
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			b[i] = '0' + (c-'0'+1+byte(random(9)))%10
		case c >= 'a' && c <= 'f':
			b[i] = 'a' + (c-'a'+1+byte(random(5)))%6
		case c >= 'a' && c <= 'z':
			b[i] = 'a' + (c-'a'+1+byte(random(25)))%26
		case c >= 'A' && c <= 'Z':
			b[i] = 'A' + (c-'A'+1+byte(random(25)))%26
		}
	}
	return string(b)
}
