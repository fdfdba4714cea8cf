package cluster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// A control plane with a node that runs one pod. The program has entered the sandbox before, in TestMain or by cluster.Enter.
func ExampleStart() {
	if err := runOnePod(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// pod/web condition met
	// true
}

func runOnePod(ctx context.Context) error {
	c, err := cluster.Start(ctx, cluster.Options{})
	if c != nil {
		defer c.Stop()
	}
	if err != nil {
		return err
	}
	node, err := nodelet.Start(ctx, nodelet.Options{
		Config: c.Config(),
		Images: []nodelet.Image{nodelet.PrometheusImage(c.Program("prometheus"), c.Program("promtool"))},
		Rhythm: nodelet.KubeletRhythm(),
	})
	if err != nil {
		return err
	}
	defer node.Stop()

	manifest := filepath.Join(c.Dir(), "web.yaml")
	if err := os.WriteFile(manifest, []byte(onePod), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"apply", "-f", manifest},
		{"wait", "--for=condition=Ready", "pod/web", "--timeout=60s"},
		{"get", "pod", "web", "-o", "jsonpath={.status.containerStatuses[0].ready}"},
	} {
		output, err := c.Kubectl(ctx, args...)
		if err != nil {
			return err
		}
		if args[0] != "apply" {
			fmt.Println(strings.TrimSpace(output))
		}
	}
	return nil
}

const onePod = `{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [
  {name: prometheus, image: "quay.io/prometheus/prometheus:v3.16.0", args: ["--config.file=/etc/prometheus/web.yaml"],
   volumeMounts: [{name: config, mountPath: /etc/prometheus}],
   readinessProbe: {httpGet: {path: /-/ready, port: 9090}, periodSeconds: 1}}],
  volumes: [{name: config, downwardAPI: {items: [{path: web.yaml, fieldRef: {fieldPath: "metadata.annotations['config']"}}]}}]}}
`
