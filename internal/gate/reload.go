package gate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// Certificates is a pair of PEM files, read again on Load.
type Certificates struct {
	cert, key string
	now       atomic.Pointer[tls.Certificate]
}

// NewCertificates reads the pair for the first time.
func NewCertificates(cert, key string) (*Certificates, error) {
	c := &Certificates{cert: cert, key: key}
	return c, c.Load()
}

// Load reads the files; on an error the old pair stays.
func (c *Certificates) Load() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.now.Store(&pair)
	return nil
}

func (c *Certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil }

// Watch calls reload whenever one of the files has other contents than before, and
// whenever hup delivers. A file that is still being written is left alone: changed
// contents count once they have stayed the same for a turn. An error is logged and
// nothing else: what ran goes on.
func Watch(ctx context.Context, files []string, every time.Duration, hup <-chan os.Signal, reload func() error, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	loaded := digest(files)
	last := loaded
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
		case <-ticker.C:
			before := last
			if last = digest(files); last == loaded || last != before {
				continue
			}
		}
		loaded = digest(files)
		if err := reload(); err != nil {
			log.Error("configuration is wrong, the old one stays in force", "error", err.Error())
			continue
		}
		log.Info("configuration is in force")
	}
}

// digest tells contents apart; a file that cannot be read counts as empty.
func digest(files []string) [sha256.Size]byte {
	h := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		fmt.Fprintf(h, "%d %v\n", len(text), err == nil)
		h.Write(text)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
