package owned_test

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mantlet-dev/mantlet/internal/dynamotest"
	"github.com/mantlet-dev/mantlet/owned"
)

// D6: while alice writes to her item it is given to bob. A write that arrives after
// that must not count. The naive handler, which reads, compares and writes, is the
// control: the race is a real one.
func TestNoWriteArrivesAfterAnItemWasGivenAway(t *testing.T) {
	b := newBench(t, layouts()["owner in an attribute"], owned.Options{})
	naive := func(id string) error {
		key := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
		answer, err := b.client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &b.declared.Table, Key: key, ConsistentRead: aws.Bool(true)})
		if err != nil {
			return err
		}
		if owner, ok := answer.Item["owner_id"].(*types.AttributeValueMemberS); !ok || owner.Value != "alice" {
			return owned.ErrNotFound
		}
		_, err = b.client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
			TableName: &b.declared.Table, Key: key, UpdateExpression: aws.String("SET title = :t"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":t": &types.AttributeValueMemberS{Value: "alice's"}},
		})
		return err
	}
	checked := func(id string) error { return b.alice.Update(t.Context(), id, owned.Set("title", "alice's")) }

	control, n := 400, dynamotest.Times(10_000)
	violations := b.race(t, control, naive)
	t.Logf("D6 control: %d of %d wrong writes through reading, comparing and writing", violations, control)
	if violations == 0 {
		t.Error("the naive handler was never too late: this race shows nothing")
	}
	start := time.Now()
	violations = b.race(t, n, checked)
	t.Logf("D6: %d of %d wrong writes through owned, %v", violations, n, time.Since(start).Round(time.Millisecond))
	if violations != 0 {
		t.Errorf("%d wrong writes", violations)
	}
}

// race lets write and a transfer to bob meet n times, and counts items that are bob's
// and carry what alice wrote: the transfer had set another title.
func (b bench) race(t *testing.T, n int, write func(id string) error) (violations int64) {
	var left, wrong atomic.Int64
	left.Store(int64(n))
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			id := b.create(t, b.alice, "new")
			for left.Add(-1) >= 0 && !t.Failed() {
				if b.meet(t, id, write) {
					wrong.Add(1)
				}
			}
		})
	}
	workers.Wait()
	return wrong.Load()
}

func (b bench) meet(t *testing.T, id string, write func(id string) error) (wrong bool) {
	var both sync.WaitGroup
	both.Go(func() {
		if err := write(id); err != nil && !errors.Is(err, owned.ErrNotFound) {
			t.Errorf("write: %v", err)
		}
	})
	both.Go(func() { b.give(t, id, "alice", "bob", "given") })
	both.Wait()
	// Giving it back for the next race shows what bob was left with.
	return b.give(t, id, "bob", "alice", "new") == "alice's"
}

// give changes the owner without this package, and returns the title from before.
func (b bench) give(t *testing.T, id, from, to, title string) string {
	s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
	answer, err := b.client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &b.declared.Table, Key: map[string]types.AttributeValue{"id": s(id)}, ReturnValues: types.ReturnValueAllOld,
		UpdateExpression: aws.String("SET owner_id = :to, title = :title"), ConditionExpression: aws.String("owner_id = :from"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":from": s(from), ":to": s(to), ":title": s(title)},
	})
	if err != nil {
		t.Errorf("give: %v", err)
		return ""
	}
	return answer.Attributes["title"].(*types.AttributeValueMemberS).Value
}

// D7: a client sees no difference between another's item and none: the bytes of the
// answer are the same, and so is the time it takes, as far as many requests tell.
func TestForeignAndMissingCannotBeToldApart(t *testing.T) {
	each(t, owned.Options{}, func(t *testing.T, b bench) {
		server := httptest.NewServer(notes(b.bob))
		defer server.Close()
		var foreign, missing []string
		for i := range 20 {
			foreign = append(foreign, b.create(t, b.alice, strings.Repeat("x", 50*i)))
			missing = append(missing, foreign[i][:10]+"AAAA"+foreign[i][14:])
		}
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			one, other := answer(t, method, server.URL+"/"+foreign[0]), answer(t, method, server.URL+"/"+missing[0])
			if one != other || !strings.HasPrefix(one, "HTTP/1.1 404") {
				t.Errorf("%s: answers differ, or are none of 404:\n%s\n%s", method, one, other)
			}
			samples, p := dynamotest.Times(2000), 0.0
			for try := 1; try <= 4 && p <= 0.01; try++ { // p is below 0.01 one time in a hundred without any reason
				p = compareTimes(t, method, server.URL, foreign, missing, samples/2)
				t.Logf("D7: %s: p = %.3f over %d samples that foreign and missing take the same time", method, p, samples)
			}
			if p <= 0.01 {
				t.Errorf("%s: another's item takes another time than none", method)
			}
		}
	})
}

// notes is a handler as an application would write it.
func notes(h owned.Handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := r.URL.Path[1:], error(nil)
		switch r.Method {
		case "PUT":
			err = h.Update(r.Context(), id, owned.Set("title", "his"))
		case "DELETE":
			err = h.Delete(r.Context(), id)
		default:
			_, err = h.Get(r.Context(), id)
		}
		switch {
		case err == nil:
		case errors.Is(err, owned.ErrNotFound):
			http.Error(w, "there is no such note", http.StatusNotFound)
		default:
			http.Error(w, "something went wrong", http.StatusServiceUnavailable)
		}
	})
}

// answer is all of a response but the date.
func answer(t *testing.T, method, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	got.Header.Del("Date")
	var text strings.Builder
	if err := got.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// compareTimes sends n requests of either sort, in random order, and gives how likely
// ranks as uneven are if there is no difference (Mann-Whitney).
func compareTimes(t *testing.T, method, url string, foreign, missing []string, n int) float64 {
	t.Helper()
	type sample struct {
		took    time.Duration
		foreign bool
	}
	samples := make([]sample, 0, 2*n)
	for i := range 2 * n {
		samples = append(samples, sample{foreign: i%2 == 0})
	}
	rand.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	for i := range samples {
		ids := missing
		if samples[i].foreign {
			ids = foreign
		}
		r, err := http.NewRequestWithContext(t.Context(), method, url+"/"+ids[rand.N(len(ids))], nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		got, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, got.Body)
		got.Body.Close()
		samples[i].took = time.Since(start)
	}
	slices.SortFunc(samples, func(a, b sample) int { return int(a.took - b.took) })
	ranks := 0.0
	for i, s := range samples {
		if s.foreign {
			ranks += float64(i + 1)
		}
	}
	size := float64(n)
	u := ranks - size*(size+1)/2
	z := (u - size*size/2) / math.Sqrt(size*size*(2*size+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}
