package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// metric is the value that a reloader reports, 0 when it does not.
func (r *rig) metric(domain, name string) (value float64) {
	res, err := r.client.Get("http://" + r.ports[domain] + "/metrics")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, _ = strconv.ParseFloat(text, 64)
		}
	}
	return value
}

// page is what a reloader answers at this path.
func (r *rig) page(domain, path string) string {
	res, err := http.Get("http://" + r.ports[domain] + path)
	if err != nil {
		r.failf("%s: %v", path, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	r.must(err, path)
	return string(text)
}

func (r *rig) report(domain string) loaded {
	var l loaded
	res, err := r.client.Get("http://" + r.ports[domain] + "/v1/loaded")
	if err != nil {
		return loaded{Reason: err.Error()}
	}
	defer res.Body.Close()
	_ = json.NewDecoder(res.Body).Decode(&l)
	return l
}

func (r *rig) get(path string, into any) error {
	res, err := r.client.Get(r.base() + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
