package controllers

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/world"
)

func TestASidecarIsKnownByItsCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	server.Config.SetKeepAlivesEnabled(false) // a connection each, so that each is checked
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	served := certificate{pinned: true, der: server.Certificate().Raw}
	next, third := certificate{pinned: true, der: []byte("next")}, certificate{pinned: true, der: []byte("third")}

	for _, tc := range []struct {
		reason string
		told   []certificate
		want   bool
	}{
		{"a file of the pods, which the operator can't read", []certificate{{}}, true},
		{"what the Prometheus refers to", []certificate{served}, true},
		{"the same, told again and again", []certificate{served, served, served}, true},
		{"another one", []certificate{next}, false},
		{"it can't be read yet", []certificate{{pinned: true}}, false},
		{"it can't be read any more", []certificate{served, {pinned: true}}, true},
		{"it was renewed, and the pod does not have it yet", []certificate{served, next}, true},
		{"it was renewed, and the pod has it first", []certificate{next, served}, true},
		{"it was renewed twice", []certificate{served, next, third}, false},
	} {
		s := newSecured()
		for _, c := range tc.told {
			s.renew(c)
		}
		if _, err := get(t.Context(), s.client, server.URL, "x"); (err == nil) != tc.want {
			t.Errorf("%s: %v", tc.reason, err)
		}
		s.client.CloseIdleConnections()
	}
}

func TestTheServedCertificateIsReadFromItsReference(t *testing.T) {
	t.Parallel()
	text, _, err := cert.GenerateSelfSignedCertKey("prometheus.test", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	from := world.Reference{Source: world.FromSecret, Namespace: "n", Name: "web", Key: "crt"}
	reference := v1.SecretOrConfigMap{Secret: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "web"}, Key: "crt"}}
	inMap := v1.SecretOrConfigMap{ConfigMap: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "web"}, Key: "crt"}}
	for _, tc := range []struct {
		reason string
		tls    *v1.WebTLSConfig
		values map[world.Reference]string
		pinned bool
		der    string
	}{
		{"no TLS", nil, nil, false, ""},
		{"a file", &v1.WebTLSConfig{CertFile: new("/tls.crt")}, nil, false, ""},
		{"a Secret", &v1.WebTLSConfig{Cert: reference}, map[world.Reference]string{from: string(text)}, true, string(block.Bytes)},
		{"a ConfigMap", &v1.WebTLSConfig{Cert: inMap}, map[world.Reference]string{{Source: world.FromConfigMap, Namespace: "n", Name: "web", Key: "crt"}: string(text)}, true, string(block.Bytes)},
		{"a Secret that is not there", &v1.WebTLSConfig{Cert: reference}, nil, true, ""},
		{"a Secret with something else", &v1.WebTLSConfig{Cert: reference}, map[world.Reference]string{from: "x"}, true, ""},
	} {
		w := &world.World{Prometheus: &v1.Prometheus{}}
		w.Prometheus.Namespace = "n"
		if tc.tls != nil {
			w.Prometheus.Spec.Web = &v1.PrometheusWebSpec{WebConfigFileFields: v1.WebConfigFileFields{TLSConfig: tc.tls}}
		}
		found := map[world.Reference]world.Value{}
		for r, value := range tc.values {
			found[r] = world.NewValue([]byte(value))
		}
		w.Values = world.NewValues(found, nil)
		if got := servedBy(w); got.pinned != tc.pinned || string(got.der) != tc.der {
			t.Errorf("%s: pinned %v, %d bytes", tc.reason, got.pinned, len(got.der))
		}
	}
}
