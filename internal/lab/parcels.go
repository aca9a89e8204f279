package lab

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// parcelDesk is an interface for the page's scripts: JSON, and a method for each
// thing that can be done. Its pages belong to it.
func (a *App) parcelDesk(mux *http.ServeMux) {
	f := a.variant.flaws
	a.looking(mux, "GET /parcels", "main", a.parcels)
	a.looking(mux, "GET /parcels/{id}", "main", a.owned("parcels", false, inPath, a.parcel))
	a.looking(mux, "GET /api/parcels", "main", a.listParcels)
	a.changing(mux, "POST /api/parcels", "main", a.sendParcel)
	a.looking(mux, "GET /api/parcels/{id}", "main", a.tellingWhose(f.parcelsTold, a.owned("parcels", false, inPath, a.tellParcel)))
	a.changing(mux, "PUT /api/parcels/{id}", "main", a.owned("parcels", f.parcelsOfAll, inPath, a.changeParcel))
	a.changing(mux, "DELETE /api/parcels/{id}", "main", a.owned("parcels", f.parcelsOfAll, inPath, a.cancelParcel))
}

// tellingWhose refuses somebody else's parcel in other words than a missing one.
func (a *App) tellingWhose(told bool, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		if o, found := a.shop.look("parcels", inPath(r)); told && found && o.owner != s.user {
			a.refuse(w, r, s, http.StatusForbidden, "This is not your parcel.")
			return
		}
		next(w, r, s)
	}
}

func parcelJSON(o object) map[string]string {
	return map[string]string{"number": o.number, "contents": o.fields["contents"], "note": o.fields["note"]}
}

func (a *App) listParcels(w http.ResponseWriter, _ *http.Request, s *session) {
	list := []map[string]string{}
	for _, o := range a.shop.belonging("parcels", s.user) {
		list = append(list, parcelJSON(o))
	}
	writeJSON(w, http.StatusOK, map[string]any{"parcels": list})
}

// readParcel answers by itself if there is nothing to read.
func readParcel(w http.ResponseWriter, r *http.Request) map[string]string {
	var sent struct{ Contents, Note string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || sent.Contents == "" {
		writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": "contents are missing"})
		return nil
	}
	return map[string]string{"contents": sent.Contents, "note": sent.Note}
}

func (a *App) sendParcel(w http.ResponseWriter, r *http.Request, s *session) {
	if fields := readParcel(w, r); fields != nil {
		o, _ := a.shop.look("parcels", a.shop.put("parcels", s.user, fields))
		w.Header().Set("Location", "/api/parcels/"+o.number)
		writeJSON(w, http.StatusCreated, parcelJSON(o))
	}
}

func (a *App) tellParcel(w http.ResponseWriter, _ *http.Request, _ *session, o object) {
	writeJSON(w, http.StatusOK, parcelJSON(o))
}

func (a *App) changeParcel(w http.ResponseWriter, r *http.Request, _ *session, o object) {
	if fields := readParcel(w, r); fields != nil {
		a.shop.change("parcels", o.number, fields)
		o.fields = fields
		writeJSON(w, http.StatusOK, parcelJSON(o))
	}
}

func (a *App) cancelParcel(w http.ResponseWriter, _ *http.Request, _ *session, o object) {
	a.shop.remove("parcels", o.number)
	w.WriteHeader(http.StatusNoContent)
}

func parcelFields(o object) []field {
	return []field{{"contents", "Contents", o.fields["contents"], "text"}, {"note", "Note", o.fields["note"], "text"}}
}

func (a *App) parcels(w http.ResponseWriter, _ *http.Request, s *session) {
	p := page{Title: "Parcels", Forms: []form{{
		Endpoint: "POST /api/parcels", Title: "New parcel", Button: "Send parcel", Fields: parcelFields(object{}), Scripted: true,
	}}}
	for _, o := range a.shop.belonging("parcels", s.user) {
		p.Rows = append(p.Rows, row{o.fields["contents"], []link{{"Open", "/parcels/" + o.number}, {"Data", "/api/parcels/" + o.number}}})
	}
	a.show(w, http.StatusOK, s, p)
}

// parcelScript spells out its requests, as scripts made for one page do.
const parcelScript = `
async function send(answer, output) { output.textContent = (await answer).ok ? "Done." : "Not done."; }
const [change, cancel] = document.querySelectorAll("form");
change.addEventListener("submit", event => {
  event.preventDefault();
  send(fetch("PATH", {
    method: "PUT",
    headers: { "Content-Type": "application/json", ...HEADERS },
    body: JSON.stringify({ contents: change.elements.contents.value, note: change.elements.note.value }),
  }), change.querySelector("output"));
});
cancel.addEventListener("submit", event => {
  event.preventDefault();
  send(fetch("PATH", { method: "DELETE", headers: { ...HEADERS } }), cancel.querySelector("output"));
});`

func (a *App) parcel(w http.ResponseWriter, _ *http.Request, s *session, o object) {
	headers := "{}"
	if d := a.variant.defence("PUT /api/parcels/{id}"); d.headers != nil {
		encoded, _ := json.Marshal(d.headers(s)) // a map of strings always encodes
		headers = string(encoded)
	}
	script := strings.NewReplacer("PATH", "/api/parcels/"+o.number, "...HEADERS", headers[1:len(headers)-1]).Replace(parcelScript)
	a.show(w, http.StatusOK, s, page{
		Title: "Parcel", Facts: []fact{{"Contents", o.fields["contents"]}, {"Note", o.fields["note"]}},
		Forms: []form{
			{Endpoint: "PUT /api/parcels/{id}", Title: "Change it", Button: "Save parcel", Fields: parcelFields(o), ByScript: true},
			{Endpoint: "DELETE /api/parcels/{id}", Title: "Not to be sent?", Button: "Cancel parcel", Danger: true, ByScript: true},
		},
		Script: template.JS(script),
	})
}
