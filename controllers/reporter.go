package controllers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/contract"
	"github.com/promloop/promloop/internal/delivery"
	"github.com/promloop/promloop/internal/world"
)

const (
	// longPoll is how long a sidecar may hold a question open (docs/contract.md, Report). A sidecar whose connection went silent
	// must show in the status within 10 s.
	longPoll = 5 * time.Second
	// answerWithin is how long the answer to such a question may take.
	answerWithin = longPoll + 3*time.Second
	// confirmEvery is how often a pod that runs what is wanted is asked again: a restart shows in the pod (question), this is the backstop.
	confirmEvery = 30 * time.Second
	// retryAfter is the pause after a sidecar that did not answer, or that refused.
	retryAfter = time.Second
	// againAfter is the pause after an answer that did not settle the question.
	againAfter = 100 * time.Millisecond
	// dialTimeout is how long a sidecar may take to accept a connection: one that a network swallows is tried again soon.
	dialTimeout = 3 * time.Second
	// maxReport bounds what is read of an answer, in bytes.
	maxReport = 64 << 10
)

// ports of the two sidecars' reports. docs/contract.md
var ports = map[contract.Domain]string{contract.Config: "8080", contract.Rules: "8081"}

// reporter asks the sidecars of every pod what they have loaded, by long poll and outside of any worker. A change of an answer
// makes the Prometheus be looked at again.
type reporter struct {
	access Access
	client *http.Client
	events chan event.GenericEvent

	stop context.Context
	end  context.CancelFunc

	mu      sync.Mutex
	asks    map[types.NamespacedName]map[question]*asker
	secured map[types.NamespacedName]*secured
}

// question is one sidecar of one pod under one address. What it answered holds until a container of the pod starts anew.
type question struct {
	pod      types.UID
	ip       string
	domain   contract.Domain
	restarts int32
}

func questionOf(pod *corev1.Pod, domain contract.Domain) question {
	q := question{pod: pod.UID, ip: pod.Status.PodIP, domain: domain}
	for _, c := range pod.Status.ContainerStatuses {
		q.restarts += c.RestartCount
	}
	return q
}

func newReporter(access Access) *reporter {
	ctx, cancel := context.WithCancel(context.Background())
	return &reporter{
		access: access,
		client: access.http(),
		events: make(chan event.GenericEvent, 64),
		stop:   ctx, end: cancel,
		asks: map[types.NamespacedName]map[question]*asker{}, secured: map[types.NamespacedName]*secured{},
	}
}

// Start ends all questions when the manager stops.
func (r *reporter) Start(ctx context.Context) error {
	<-ctx.Done()
	r.end()
	return nil
}

// of returns the last answers of the pods' sidecars.
func (r *reporter) of(pods []*corev1.Pod) map[string]world.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]world.Report{}
	for _, pod := range pods {
		asks := r.asks[types.NamespacedName{Namespace: pod.Namespace, Name: pod.Labels[podLabel]}]
		out[pod.Name] = world.Report{
			Config: asks[questionOf(pod, contract.Config)].answered(),
			Rules:  asks[questionOf(pod, contract.Rules)].answered(),
		}
	}
	return out
}

// ask makes the sidecars of exactly these pods be asked for the wanted sets, from now on. Those that serve TLS are known by what
// known says.
func (r *reporter) ask(p types.NamespacedName, pods []*corev1.Pod, want delivery.Wanted, known certificate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secured[p] == nil {
		r.secured[p] = newSecured()
	}
	r.secured[p].renew(known)
	next := map[question]*asker{}
	for _, pod := range pods {
		if pod.Status.PodIP == "" {
			continue
		}
		for domain, digest := range map[contract.Domain]string{contract.Config: want.Config.Digest, contract.Rules: want.Rules.Digest} {
			q := questionOf(pod, domain)
			next[q] = r.asks[p][q]
			if next[q] == nil {
				next[q] = r.start(p, q, pod)
			}
			next[q].wantNow(digest)
		}
	}
	for q, a := range r.asks[p] {
		if next[q] == nil {
			a.end()
		}
	}
	r.asks[p] = next
	if len(next) == 0 {
		r.secured[p].client.CloseIdleConnections()
		delete(r.asks, p)
		delete(r.secured, p)
	}
}

func (r *reporter) start(p types.NamespacedName, q question, pod *corev1.Pod) *asker {
	ctx, cancel := context.WithCancel(r.stop)
	a := &asker{domain: q.domain, end: cancel, wants: make(chan string, 1)}
	a.changed = func() {
		prometheus := &v1.Prometheus{}
		prometheus.Namespace, prometheus.Name = p.Namespace, p.Name
		select {
		case r.events <- event.GenericEvent{Object: prometheus}:
		case <-ctx.Done():
		}
	}
	port, client := ports[q.domain], r.client
	if r.access.server == nil && servesTLS(pod, port) {
		client = r.secured[p].client // the API server's proxy takes whatever certificate a pod has
	}
	base := r.access.url(pod, port) + "/v1/loaded"
	go a.run(ctx, func(ctx context.Context, want string) (*contract.Loaded, error) { return get(ctx, client, base, want) })
	return a
}

func get(ctx context.Context, client *http.Client, base, want string) (*contract.Loaded, error) {
	query := url.Values{"want": {want}, "wait": {longPoll.String()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read only: nothing to lose
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", base, resp.Status)
	}
	var out contract.Loaded
	return &out, json.NewDecoder(io.LimitReader(resp.Body, maxReport)).Decode(&out)
}

// asker asks one sidecar, one question at a time.
type asker struct {
	domain  contract.Domain
	end     context.CancelFunc
	changed func()
	wants   chan string // holds the newest wanted digest that run has not taken yet

	mu     sync.Mutex
	want   string
	answer *contract.Loaded
}

func (a *asker) answered() *contract.Loaded {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.answer
}

// wantNow replaces what is asked for. It never blocks.
func (a *asker) wantNow(digest string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if digest == a.want {
		return
	}
	a.want = digest
	select {
	case <-a.wants:
	default:
	}
	a.wants <- digest
}

func (a *asker) run(ctx context.Context, get func(context.Context, string) (*contract.Loaded, error)) {
	want := ""
	pause := time.Duration(0)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case want = <-a.wants:
		case <-time.After(pause):
		}
		if want == "" {
			pause = confirmEvery
			continue
		}
		answer, superseded := a.once(ctx, want, get)
		if superseded != "" {
			want, pause = superseded, 0
			continue
		}
		polls.WithLabelValues(stateOf[delivery.ProgressOf(answer, want)]).Inc()
		a.keep(answer)
		pause = pauseAfter(delivery.ProgressOf(answer, want))
	}
}

// once asks for want until it is answered, or until something newer is wanted, which it returns.
func (a *asker) once(ctx context.Context, want string, get func(context.Context, string) (*contract.Loaded, error)) (*contract.Loaded, string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan *contract.Loaded, 1)
	go func() {
		answer, err := get(ctx, want)
		if err != nil {
			answer = nil // no answer is unknown
		}
		answers <- answer
	}()
	select {
	case newer := <-a.wants:
		return nil, newer
	case answer := <-answers:
		return answer, ""
	}
}

func (a *asker) keep(answer *contract.Loaded) {
	a.mu.Lock()
	same := reflect.DeepEqual(a.answer, answer)
	if answer != nil && answer.Refused != "" && (a.answer == nil || a.answer.Refused != answer.Refused) {
		refusals.WithLabelValues(string(a.domain)).Inc()
	}
	a.answer = answer
	a.mu.Unlock()
	if !same {
		a.changed()
	}
}

func pauseAfter(p delivery.Progress) time.Duration {
	switch p {
	case delivery.Unknown, delivery.Refused:
		return retryAfter
	case delivery.Loaded:
		return confirmEvery
	default:
		return againAfter
	}
}
