// Package prometheus is all that is asked of a Prometheus: is it ready, what did its last load come to, load again. Every
// answer is a plain value that says what it means for a reload; nothing is retried here.
package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/promloop/promloop/sidecars/internal/contract"
	"github.com/promloop/promloop/sidecars/internal/transaction"
)

// probeTimeout bounds every question but the reload itself; a Prometheus with 10,000 jobs needs 0.8 s for one of them.
const probeTimeout = 10 * time.Second

// errCredentials says that nothing was asked, because our own credentials could not be read.
var errCredentials = errors.New("credentials for Prometheus")

// Client talks to one Prometheus. It is used by one goroutine at a time.
type Client struct {
	// Base is its address with its route prefix; ReloadURL is where to POST.
	Base, ReloadURL *url.URL
	Auth            Auth
	ReloadTimeout   time.Duration
	// Signal replaces the POST when it is not nil.
	Signal *Signal

	version string
	start   time.Time
}

// Probe asks whether Prometheus is ready. Where it had to connect anew, Prometheus may be another process, so its start and
// its version are asked for again; full asks for its last load in any case.
func (c *Client) Probe(ctx context.Context, full bool) transaction.Prom {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	reused := false
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}
	status, body, err := c.get(httptrace.WithClientTrace(ctx, trace), "/-/ready")
	if p, bad := c.unready(status, body, err); bad {
		c.start = time.Time{}
		return p
	}
	if reused && !full && !c.start.IsZero() {
		return transaction.Prom{Phase: transaction.Ready, Version: c.version, Start: c.start}
	}
	if !reused || c.version == "" {
		c.version = c.askVersion(ctx)
	}
	return c.info(ctx)
}

// Info asks for the last load.
func (c *Client) Info(ctx context.Context) transaction.Prom {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return c.info(ctx)
}

// unready turns anything but a 200 into why Prometheus cannot be asked to reload.
func (c *Client) unready(status int, body string, err error) (transaction.Prom, bool) {
	if err != nil {
		p := transaction.Prom{Phase: transaction.NotReady, Problem: problem(contract.PrometheusNotReady, "%v", err)}
		if errors.Is(err, syscall.ECONNREFUSED) {
			p.Phase = transaction.Down
		}
		return p, true
	}
	switch status {
	case http.StatusOK:
		return transaction.Prom{}, false
	case http.StatusUnauthorized:
		return notReady(contract.Unauthorized, "%s/-/ready answers 401: credentials are missing or wrong", c.Base.Redacted()), true
	case http.StatusNotFound:
		return notReady(contract.ReloadNotFound, "%s/-/ready answers 404: is there a route prefix?", c.Base.Redacted()), true
	}
	return notReady(contract.PrometheusNotReady, "%s/-/ready answers %d: %s", c.Base.Redacted(), status, body), true
}

func (c *Client) askVersion(ctx context.Context) string {
	var answer struct {
		Data struct {
			Version string `json:"version"`
		} `json:"data"`
	}
	status, body, err := c.get(ctx, "/api/v1/status/buildinfo")
	if err != nil || status != http.StatusOK || json.Unmarshal([]byte(body), &answer) != nil || answer.Data.Version == "" {
		return ""
	}
	return "v" + strings.TrimPrefix(answer.Data.Version, "v")
}

// info asks for /api/v1/status/runtimeinfo. Others than Prometheus that reload the same way may not have it (404): then a 200
// for the POST is all the proof there is.
func (c *Client) info(ctx context.Context) transaction.Prom {
	began := time.Now()
	status, body, err := c.get(ctx, "/api/v1/status/runtimeinfo")
	if err == nil && status == http.StatusNotFound {
		return transaction.Prom{Phase: transaction.Ready, Version: c.version}
	}
	if p, bad := c.unready(status, body, err); bad {
		return p
	}
	var answer struct {
		Data struct {
			StartTime           time.Time `json:"startTime"`
			ReloadConfigSuccess bool      `json:"reloadConfigSuccess"`
			LastConfigTime      time.Time `json:"lastConfigTime"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return notReady(contract.PrometheusNotReady, "%s/api/v1/status/runtimeinfo: %v", c.Base.Redacted(), err)
	}
	c.start = answer.Data.StartTime
	return transaction.Prom{
		Phase: transaction.Ready, Version: c.version, Start: answer.Data.StartTime, Full: true,
		ReloadOK: answer.Data.ReloadConfigSuccess, LastReload: answer.Data.LastConfigTime, Took: time.Since(began),
	}
}

// Reload asks Prometheus to load its files again and waits for what becomes of it.
func (c *Client) Reload(ctx context.Context) (transaction.Outcome, transaction.Problem) {
	ctx, cancel := context.WithTimeout(ctx, c.ReloadTimeout)
	defer cancel()
	if c.Signal != nil {
		return c.reloadBySignal(ctx)
	}
	status, body, err := c.do(ctx, http.MethodPost, c.ReloadURL)
	where := c.ReloadURL.Redacted()
	switch {
	case err != nil && (errors.Is(err, context.DeadlineExceeded) || os.IsTimeout(err)):
		return transaction.TimedOut, problem(contract.ReloadTimeout, "no answer from %s within %v", where, c.ReloadTimeout)
	case errors.Is(err, errCredentials):
		return transaction.Rejected, problem(contract.Unauthorized, "%v", err)
	case err != nil || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout:
		if err == nil {
			err = fmt.Errorf("%s answers %d: %s", where, status, body)
		}
		return transaction.NoAnswer, problem(contract.Unreachable, "%v", err)
	case status == http.StatusOK || status == http.StatusNoContent:
		return transaction.Accepted, transaction.Problem{}
	case status == http.StatusUnauthorized:
		return transaction.Rejected, problem(contract.Unauthorized, "%s answers 401: credentials are missing or wrong", where)
	case status == http.StatusForbidden:
		return transaction.Rejected, problem(contract.ReloadForbidden, "%s answers 403: is --web.enable-lifecycle set? %s", where, body)
	case status < http.StatusInternalServerError:
		return transaction.Rejected, problem(contract.ReloadNotFound, "%s answers %d: is there a route prefix, is --web.enable-lifecycle set?", where, status)
	}
	return transaction.Refused, problem(contract.PrometheusRefused, "%s", body)
}

func (c *Client) get(ctx context.Context, path string) (int, string, error) {
	return c.do(ctx, http.MethodGet, c.Base.JoinPath(path))
}

// do returns the status and the body, cut at what a report may hold.
func (c *Client) do(ctx context.Context, method string, u *url.URL) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return 0, "", err
	}
	transport, err := c.Auth.sign(req)
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w", errCredentials, err)
	}
	res, err := (&http.Client{Transport: transport, CheckRedirect: noRedirect}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, contract.MaxError))
	if err != nil {
		return 0, "", err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection can be used again
	return res.StatusCode, strings.TrimSpace(string(body)), nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func notReady(r contract.Reason, format string, args ...any) transaction.Prom {
	return transaction.Prom{Phase: transaction.NotReady, Problem: problem(r, format, args...)}
}

func problem(r contract.Reason, format string, args ...any) transaction.Problem {
	text := fmt.Sprintf(format, args...)
	return transaction.Problem{Reason: r, Text: text[:min(len(text), contract.MaxError)]}
}
