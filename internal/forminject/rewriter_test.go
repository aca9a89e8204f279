package forminject

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/net/html"
)

const self = "https://app.example"

var field = []byte(`<input type="hidden" name="t" value="v">`)

func rewrite(page string, sizes func() int) string {
	w := &rewriter{scanner: scanner{self: self}, field: field}
	var out []byte
	for rest := []byte(page); len(rest) > 0; {
		n := min(sizes(), len(rest))
		out = w.feed(out, rest[:n])
		rest = rest[n:]
	}
	return string(w.end(out))
}

func whole() int { return 1 << 30 }

// joined is the page as one of known length.
func joined(text string) string {
	p := readPage(io.NopCloser(strings.NewReader(text)), len(text), self)
	p.field = string(field)
	got, _ := io.ReadAll(iotest.OneByteReader(p))
	return string(got)
}

// oracle does the same with the HTML tokenizer of golang.org/x/net.
func oracle(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var out bytes.Buffer
	read, inForm, hasBase, foreign := 0, false, false, false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			out.WriteString(page[read:])
			return out.String()
		}
		raw := string(z.Raw())
		read += len(raw)
		out.WriteString(raw)
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken && kind != html.EndTagToken {
			continue
		}
		token := z.Token()
		attr := func(name string) (string, bool) {
			for _, a := range token.Attr {
				if a.Key == name {
					return a.Val, true
				}
			}
			return "", false
		}
		switch {
		case kind == html.EndTagToken && token.Data == "form":
			inForm = false
		case kind == html.EndTagToken:
		case token.Data == "base":
			if href, ok := attr("href"); ok && !hasBase {
				hasBase, foreign = true, !staysHome([]byte(href), self, false)
			}
		case token.Data == "form" && !inForm:
			inForm = true
			method, _ := attr("method")
			if action, _ := attr("action"); strings.ToLower(method) == "post" && staysHome([]byte(action), self, foreign) {
				out.Write(field)
			}
		}
	}
}

func TestWhichFormsGetTheField(t *testing.T) {
	const here = "@" // where the field is expected
	for _, page := range []string{
		"<form method=post>@x</form>",
		"<FORM METHOD='POST' ACTION=/pay>@",
		`<form method="post" action="https://app.example/pay?x">@`,
		"<form method=post action='?a:b/c'>@</form><form method=post action=b/c:d>@",
		"<form method=post />@", "<form method=post/>",
		"<form method=post action=''>@</form><form method=post>@</form>",
		"<form>", "<form method=get>", "<form method=dialog>", "<form method='post '>", "<form method=GET method=post>",
		"<form method=post action=https://evil.example/>", "<form method=post action=//evil.example>", `<form method=post action="/\evil.example">`,
		`<form method=post action="https&#58;//evil.example">`, "<form method=post action='https://app.example.evil.example'>",
		"<form method=post action='https://app.example@evil.example'>", "<form method=post action='ht\ntps://evil.example'>",
		"<form method=post action=javascript:x()>", "<form method=post action='mailto:a@b'>", "<form method=post action='HTTPS://evil.example'>",
		"<base href=https://evil.example/><form method=post action=pay></form><form method=post>@</form><form method=post action=https://app.example/>@",
		"<base href=/sub/><form method=post action=pay>@",
		"<form method=get><form method=post></form><form method=post>@",
		"<!-- <form method=post> --><form method=post>@", "<!--><form method=post>@", "<!-- --!><form method=post>@", "<!---><form method=post>@",
		"<script>'<form method=post>'</script><form method=post>@", "<script><!--<script></script><form method=post>--></script><form method=post>@",
		"<script><!-- </script><form method=post>@", "<textarea><form method=post></textarea><form method=post>@", "<title><form method=post></title>",
		"<style><form method=post></style >", "<noscript><form method=post></noscript>", "<iframe><form method=post></iframe>", "<xmp><form method=post></xmp>",
		"<plaintext><form method=post></plaintext><form method=post>",
		`<a title="<form method=post>"><form method=post>@`, `<a b"<c><form method=post>@`, "<a x='><form method=post>'>", "<a =\"><form method=post>@\">",
		"<!doctype html><form method=post>@", "<?xml ?><form method=post>@", "</ x><form method=post>@", "</><form method=post>@", "< form method=post>", "1<2<form method=post>@",
		"<formx method=post>", "<form-a method=post>", "<form\n\tmethod\n=\npost\f>@", "<form method=post", "<form method=post action='>",
		"<title></titlex><form method=post></title/><form method=post>@",
	} {
		input := strings.ReplaceAll(page, here, "")
		if strings.Contains(page, "a@b") || strings.Contains(page, "example@") {
			input = page
		}
		want := strings.ReplaceAll(page, here, string(field))
		if input == page {
			want = page
		}
		if got := rewrite(input, whole); got != want {
			t.Errorf("%s\n got %s", page, got)
		}
		if got := oracle(input); got != want {
			t.Errorf("the tokenizer differs on %s\n got %s", page, got)
		}
		if got := rewrite(input, func() int { return 1 }); got != want {
			t.Errorf("%s byte by byte\n got %s", page, got)
		}
	}
}

var pieces = []string{"<form method=post>", "<form method=post action=/x>", "<form action=//e method=post>", "<form>", "</form>", "<form ", "method=post", "'", `"`, ">", "<", "</", "!",
	"<!--", "-->", "--!>", "-", "<script>", "</script>", "<script", "</script ", "<style>", "</style>", "<textarea>", "</textarea>", "<title>", "</title\n>", "<base href=//e>", "<base href=/>",
	"x", " ", "=", "/", "<a b=", "<?", "<!doctype", "<noscript>", "</noscript>", "</scrip", "<p", "é", "\x00", "<FORM METHOD=POST>", "&#47;"}

func randomPage(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(30) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestTenThousandPagesAsTheTokenizerReadsThemSplitAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 13))
	for range 10000 {
		page := randomPage(r)
		want := oracle(page)
		if got := rewrite(page, whole); got != want {
			t.Fatalf("%q\n got %q\nwant %q", page, got, want)
		}
		if got := rewrite(page, func() int { return 1 + r.IntN(9) }); got != want {
			t.Fatalf("%q in pieces\n got %q\nwant %q", page, got, want)
		}
		if got := joined(page); got != want {
			t.Fatalf("%q read whole\n got %q\nwant %q", page, got, want)
		}
	}
}

// FuzzRewrite: any page, split at every byte, is the tokenizer's.
func FuzzRewrite(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		f.Add(randomPage(r))
	}
	f.Fuzz(func(t *testing.T, page string) {
		want := oracle(page)
		if got := joined(page); got != want {
			t.Fatalf("read whole\n got %q\nwant %q", got, want)
		}
		for size := 1; size <= min(len(page), 64); size++ {
			if got := rewrite(page, func() int { return size }); got != want {
				t.Fatalf("in pieces of %d\n got %q\nwant %q", size, got, want)
			}
		}
		for at := 1; at < min(len(page), 200); at++ {
			first := true
			if got := rewrite(page, func() int {
				if first {
					first = false
					return at
				}
				return 1 << 30
			}); got != want {
				t.Fatalf("split at %d\n got %q\nwant %q", at, got, want)
			}
		}
	})
}

func TestEndlessTagsPassAndNothingIsHeldForever(t *testing.T) {
	w := &rewriter{scanner: scanner{self: self}, field: field}
	page := "<form method=post a='" + strings.Repeat("x", 3*maxTag) + "'>" + "<form method=post>"
	var out []byte
	for i := 0; i < len(page); i += 1000 {
		out = w.feed(out, []byte(page[i:min(i+1000, len(page))]))
		if len(w.held) > maxTag+1000 {
			t.Fatalf("%d bytes held", len(w.held))
		}
	}
	if out = w.end(out); string(out) != page+string(field) {
		t.Errorf("got %d bytes, %d fields", len(out), w.count)
	}
}

// A page of about 100 kB, with forms and with traps.
func bigPage() *bytes.Buffer {
	var page bytes.Buffer
	for i := range 20 {
		fmt.Fprintf(&page, "<form method=post action=/a%d><input name=x></form><form action=/s></form><!-- <form> --><script>if (a<b) '<form method=post>'</script><p title='a>b'>%s</p>", i, strings.Repeat("some text ", 480))
	}
	return &page
}

func TestRewritingAllocatesNothing(t *testing.T) {
	page := bigPage().Bytes()
	out := make([]byte, 0, 2*len(page))
	w := &rewriter{}
	n := testing.AllocsPerRun(20, func() {
		*w = rewriter{scanner: scanner{self: self}, field: field, held: w.held[:0]}
		for rest := page; len(rest) > 0; rest = rest[min(len(rest), 4096):] {
			out = w.feed(out[:0], rest[:min(len(rest), 4096)])
		}
		out = w.end(out)
	})
	if n > 0 || w.count != 20 {
		t.Errorf("%v allocations, %d fields", n, w.count)
	}
}

func TestJoiningAPageAllocatesNothing(t *testing.T) {
	b, field := &pageBuffers{text: bigPage().Bytes()}, string(field)
	out := make([]byte, 2*len(b.text))
	n := testing.AllocsPerRun(20, func() {
		b.find(self)
		p := page{pageBuffers: b, field: field}
		all := len(b.text) + len(b.cuts)*len(field)
		if n, err := p.Read(out[:all-1]); n != all-1 || err != nil { // at the end b would be lent to others
			t.Fatal(n, err)
		}
	})
	if n > 0 || len(b.cuts) != 20 {
		t.Errorf("%v allocations, %d fields", n, len(b.cuts))
	}
}

func BenchmarkRewrite(b *testing.B) {
	page := bigPage()
	b.SetBytes(int64(page.Len()))
	out := make([]byte, 0, 2*page.Len())
	w := &rewriter{}
	b.Run("rewriter", func(b *testing.B) {
		b.SetBytes(int64(page.Len()))
		b.ReportAllocs()
		for b.Loop() {
			held := w.held[:0]
			*w = rewriter{scanner: scanner{self: self}, field: field, held: held}
			out = w.end(w.feed(out[:0], page.Bytes()))
		}
	})
	text := page.String()
	b.Run("tokenizer", func(b *testing.B) {
		b.SetBytes(int64(page.Len()))
		b.ReportAllocs()
		for b.Loop() {
			oracle(text)
		}
	})
}
