package browser

// A Cookie is put into a Context as if the response of URL had set it.
type Cookie struct {
	// Line is the value of a Set-Cookie header: "sid=1; Path=/; Secure". An
	// attribute that is not in the line is not set: no SameSite stays no SameSite,
	// no Domain makes a cookie of exactly URL's host.
	Line string
	// URL is the address whose response set the cookie.
	URL string
}
