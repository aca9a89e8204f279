package attacker

import (
	"embed"
	"html/template"
	"strings"
)

// A Box is a rectangle in CSS pixels, counted from the top left of its document.
type Box struct{ X, Y, Width, Height float64 }

// A Disguise is how a frame is kept from the victim's eyes.
type Disguise string

const (
	Opacity   Disguise = "opacity"    // above the lure and fully transparent
	Overlay   Disguise = "overlay"    // below an opaque lure that lets clicks through
	OffScreen Disguise = "off-screen" // cut down to the control, the rest out of sight
)

// Disguises lists them all.
var Disguises = []Disguise{Opacity, Overlay, OffScreen}

// The point of the lure at which the victim clicks, in every step. The page is laid
// out for a window of Width by Height.
const (
	PointX, PointY = 640, 470
	Width, Height  = 1280, 800
)

// A FramePage is a lure with the target's page in a frame, moved so that the
// control to be clicked lies under the decoy button. It reports back once the
// frame has loaded, and again whenever a further step is ready to be clicked.
type FramePage struct {
	// Width and Height of the frame: the window in which the controls were measured.
	Width, Height int
	Disguise      Disguise
	// Steps are the clicks, at least one.
	Steps []FrameStep
	// Reveal shows the frame half transparent and outlined, for the picture that
	// explains the attack. Where clicks go does not change.
	Reveal bool
	// Sandbox keeps the framed page from leaving the frame; its forms and scripts work.
	Sandbox bool
}

// A FrameStep is one click of the victim's.
type FrameStep struct {
	// Target is the page to frame; "" after the first step leaves the frame where
	// the click before took it.
	Target string
	// Control is what is to be clicked.
	Control Box
}

//go:embed frame.tmpl forge.tmpl spy.tmpl
var files embed.FS

var templates = template.Must(template.ParseFS(files, "*.tmpl"))

// Document is the page as the site serves it.
func (f FramePage) Document() Document { return Document{HTML: f.html(true)} }

// Proof is the page as one file that any web server can serve to a browser in
// which the victim is logged in. It reports to nobody.
func (f FramePage) Proof() string { return f.html(false) }

func (f FramePage) html(report bool) string {
	type step struct {
		Target  string `json:"target"`
		Control Box    `json:"control"`
	}
	steps := make([]step, 0, len(f.Steps))
	for _, s := range f.Steps {
		steps = append(steps, step(s))
	}
	return render("frame.tmpl", map[string]any{
		"Plan": map[string]any{
			"steps": steps, "width": f.Width, "height": f.Height, "disguise": f.Disguise, "reveal": f.Reveal,
			"sandbox": f.Sandbox, "report": report, "x": PointX, "y": PointY,
		},
		"Standalone": !report, "Steps": f.Steps, "X": PointX, "Y": PointY,
	})
}

// render fills one of the package's own templates.
func render(name string, data any) string {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic("attacker: " + err.Error()) // only a fault in the template itself
	}
	return b.String()
}
