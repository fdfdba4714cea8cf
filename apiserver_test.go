package main

import (
	"io"
	"testing"
)

func TestAPIServerOfTheFlags(t *testing.T) {
	s, err := parse([]string{"--apiserver=https://api.example.com:6443", "--as=somebody", "--ca-file=/ca", "--cert-file=/crt", "--key-file=/key", "--tls-insecure"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.api.config()
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != "https://api.example.com:6443" || config.Impersonate.UserName != "somebody" {
		t.Errorf("it speaks to %q as %q", config.Host, config.Impersonate.UserName)
	}
	if c := config.TLSClientConfig; c.CAFile != "/ca" || c.CertFile != "/crt" || c.KeyFile != "/key" || !c.Insecure {
		t.Errorf("its TLS is %+v", c)
	}
	if len(s.ignored) > 0 {
		t.Errorf("all have an effect: %v", s.ignored)
	}
}
