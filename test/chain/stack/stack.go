// Package stack starts everything that the chain is made of, for tests and for the demonstration: the cluster, a node, the operator
// as a process, and the sample objects' prerequisites. It also has the few verbs that both need.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/cluster/nodelet"
)

// Options say how the stack differs from what users have. The zero value is what users have.
type Options struct {
	// Rhythm is the node's; a kubelet's if zero.
	Rhythm nodelet.Rhythm
	// OperatorFlags are given to the operator beside those that the stack needs.
	OperatorFlags []string
}

// Stack is a running chain.
type Stack struct {
	Cluster  *cluster.Cluster
	Node     *nodelet.Node
	Client   client.Client // an administrator's
	Operator *Operator
	Gate     *Gate // between that operator and the kube-apiserver

	operatorConfig *rest.Config
	log            *os.File
}

// Start starts the cluster, the CRDs, a node and the operator, and returns once the operator is ready. Stop what it returned, also
// beside an error.
func Start(ctx context.Context, o Options) (*Stack, error) {
	hooks, err := webhookConfigurations()
	if err != nil {
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Options{CRDPaths: []string{Source("config", "crd", "bases")}, Webhooks: hooks})
	if c == nil {
		return nil, err
	}
	s := &Stack{Cluster: c}
	if err != nil {
		return s, err
	}
	for _, step := range []func(context.Context, Options) error{s.connect, s.startNode, s.grant, s.startOperator} {
		if err := step(ctx, o); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Stop ends everything that Start started.
func (s *Stack) Stop() error {
	if s == nil {
		return nil
	}
	var errs []error
	if s.Operator != nil {
		errs = append(errs, s.Operator.Stop())
	}
	if s.Gate != nil {
		errs = append(errs, s.Gate.server.Close())
	}
	if s.Node != nil {
		s.Node.Stop()
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(append(errs, s.Cluster.Stop())...)
}

// Scheme knows every kind that the chain has to do with.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1.AddToScheme, v1alpha1.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	return scheme
}

func (s *Stack) connect(context.Context, Options) (err error) {
	s.Client, err = client.New(s.Cluster.Config(), client.Options{Scheme: Scheme()})
	return err
}

func (s *Stack) startNode(ctx context.Context, o Options) (err error) {
	if s.log, err = os.Create(filepath.Join(s.Cluster.Dir(), "nodelet.log")); err != nil {
		return err
	}
	s.Node, err = nodelet.Start(ctx, nodelet.Options{
		Config: s.Cluster.Config(),
		Rhythm: o.Rhythm,
		Log:    s.log,
		Images: []nodelet.Image{
			nodelet.PrometheusImage(s.Cluster.Program("prometheus"), s.Cluster.Program("promtool")),
			nodelet.BinaryImage("config-reloader", binary("config-reloader")),
			nodelet.BinaryImage("rules-reloader", binary("rules-reloader")),
		},
	})
	return err
}

// grant gives the operator's user exactly what the operator ships with: its ClusterRole, and the Role for its lease, which it takes in
// the default namespace here.
func (s *Stack) grant(ctx context.Context, _ Options) error {
	var role rbacv1.ClusterRole
	var ofLease rbacv1.Role
	err := errors.Join(readYAML(&role, "config", "rbac", "role.yaml"), readYAML(&ofLease, "config", "rbac", "leader_election_role.yaml"))
	if err != nil {
		return fmt.Errorf("reading the operator's rights: %w", err)
	}
	ofLease.Namespace = metav1.NamespaceDefault
	operator := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: OperatorUser}}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   operator,
	}
	ofLeaseBinding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: ofLease.Namespace, Name: ofLease.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: ofLease.Name},
		Subjects:   operator,
	}
	for _, o := range []client.Object{&role, binding, &ofLease, ofLeaseBinding} {
		if err := s.Client.Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// readYAML reads a file of the source tree.
func readYAML(into any, path ...string) error {
	data, err := os.ReadFile(Source(path...))
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(data, into)
}

// Namespace makes a namespace with a service account "prometheus" that may discover targets in every namespace, as the samples'
// RBAC grants it.
func (s *Stack) Namespace(ctx context.Context, name string, labels map[string]string) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "prometheus"}}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "prometheus-" + name},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods", "services", "endpoints", "nodes"}, Verbs: []string{"get", "list", "watch"}},
			{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: []string{"get", "list", "watch"}},
			{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}},
		},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: name, Name: account.Name}},
	}
	for _, o := range []client.Object{ns, account, role, binding} {
		if err := s.Client.Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Logs are the last lines of everything that runs, for a failure's report.
func (s *Stack) Logs() string {
	text := s.Cluster.Logs()
	for _, name := range []string{"nodelet.log", operatorLog} {
		data, err := os.ReadFile(filepath.Join(s.Cluster.Dir(), name))
		if err == nil {
			text += "\n--- " + name + "\n" + string(data[max(0, len(data)-16<<10):])
		}
	}
	return text
}
