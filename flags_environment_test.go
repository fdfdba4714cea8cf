package main

import (
	"io"
	"strings"
	"testing"
)

func TestExtraArgumentsHaveTheLastWord(t *testing.T) {
	t.Setenv(extraArgs, "--kubelet-service=  --controller-id=mine")
	s, err := settingsOf([]string{"--kubelet-service=kube-system/kubelet", "--log-level=debug"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.kubelet.Service.Name != "" || s.scope.ControllerID != "mine" || s.logLevel != "debug" {
		t.Errorf("got kubelet service %q, controller ID %q, log level %q", s.kubelet.Service, s.scope.ControllerID, s.logLevel)
	}
}

func TestBadExtraArgumentsSayWhereTheyStand(t *testing.T) {
	t.Setenv(extraArgs, "--nonsense")
	if _, err := settingsOf(nil, io.Discard); err == nil || !strings.Contains(err.Error(), extraArgs) {
		t.Errorf("got %v, which does not name %s", err, extraArgs)
	}
}
