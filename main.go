// The promloop operator: it turns the objects of monitoring.coreos.com into running Prometheus servers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"

	"golang.org/x/time/rate"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/api/v1alpha1"
	"github.com/promloop/promloop/controllers"
	"github.com/promloop/promloop/internal/world"
	"github.com/promloop/promloop/webhooks"
	"github.com/promloop/promloop/webhooks/certificates"
)

// version is set by the linker.
var version = "v0.1.0"

func main() {
	err := run(ctrl.SetupSignalHandler(), os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "promloop:", err)
		os.Exit(1)
	}
}

// run is the whole program; it ends when ctx does.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	s, err := settingsOf(args, errs)
	if err != nil {
		return err
	}
	if text := s.versionText(); text != "" {
		_, err := fmt.Fprintln(out, text)
		return err
	}
	logger, err := newLogger(s, errs)
	if err != nil {
		return err
	}
	ctrl.SetLogger(logger)
	controllers.ExportBuild(version)
	for _, note := range s.ignored {
		logger.Info("flag without effect", "flag", note)
	}
	if images := s.foreignImages(); s.world.ForeignReloaders {
		logger.Info("the sidecars are run as images of another project, in the plain mode: changes are live at the kubelets' pace and nothing tells what is loaded",
			"images", images, "flag", "--reloader-contract="+s.reloaderContract,
			"remedy", "leave --prometheus-config-reloader and --config-reloader-image out, or give --reloader-contract=promloop where they are promloop's under another name")
	}
	certs, err := s.admission.certificates()
	if err != nil {
		return err
	}
	config, err := s.api.config()
	if err != nil {
		return err
	}
	found, err := awaitPrerequisites(ctx, config, s, logger)
	if ctx.Err() != nil {
		return nil // asked to end while waiting
	}
	if err != nil {
		return err
	}
	informer, err := informerFor(found.rights, config, s.scope.Watched(), logger)
	if err != nil {
		return err
	}
	mgr, err := newManager(config, s, certs, informer)
	if err != nil {
		return err
	}
	references, err := metadataCache(mgr, s.scope.Watched())
	if err != nil {
		return err
	}
	if err := errors.Join(wire(mgr, s, found.missing, references), admit(ctx, mgr, s, certs, references)); err != nil {
		return err
	}
	logger.Info("starting", "version", version)
	return mgr.Start(ctx)
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1.AddToScheme, v1alpha1.AddToScheme} {
		utilruntime.Must(add(scheme))
	}
	return scheme
}

func newManager(config *rest.Config, s settings, certs *certificates.Certificates, informer newInformer) (ctrl.Manager, error) {
	var server webhook.Server // nil is the manager's own, which starts only when something is registered on it
	if certs != nil {
		server = webhooks.NewServer("", s.admission.port, certs)
	}
	metrics, certificate, err := s.web.server()
	if err != nil {
		return nil, err
	}
	cached := cacheOptions(s.scope.Watched(), s.admission.namespace)
	cached.NewInformer = informer
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		WebhookServer:                 server,
		Scheme:                        newScheme(),
		Metrics:                       metrics,
		HealthProbeBindAddress:        s.probeAddress,
		LeaderElection:                s.leaderElect,
		LeaderElectionID:              "promloop.monitoring.coreos.com",
		LeaderElectionNamespace:       s.leaderElectIn,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &s.lease.duration,
		RenewDeadline:                 &s.lease.renew,
		RetryPeriod:                   &s.lease.retry,
		Cache:                         cached,
	})
	if err != nil || certificate == nil {
		return mgr, err
	}
	return mgr, mgr.Add(certificate)
}

// cacheOptions keep in memory only what the operator made, of the kinds that others make many of. The webhook's certificate lies in own,
// whichever namespaces are watched.
func cacheOptions(namespaces []string, own string) cache.Options {
	made := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{world.ManagedByLabel: world.ManagedByValue})}
	watched := only(namespaces)
	secrets := made
	if _, included := watched[own]; len(watched) > 0 && !included && own != "" {
		secrets.Namespaces = maps.Clone(watched)
		secrets.Namespaces[own] = cache.Config{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, certificateSecret)}
	}
	return cache.Options{
		DefaultNamespaces: watched,
		DefaultTransform:  cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}:      secrets,
			&corev1.ConfigMap{}:   made,
			&corev1.Service{}:     made,
			&corev1.Pod{}:         {Label: labels.NewSelector().Add(controllers.PodRequirement())},
			&appsv1.StatefulSet{}: {},
		},
	}
}

// only is the configuration of a cache of these namespaces, none for all.
func only(namespaces []string) map[string]cache.Config {
	out := map[string]cache.Config{}
	for _, namespace := range namespaces {
		out[namespace] = cache.Config{}
	}
	return out
}

// metadataCache holds the metadata of every Secret and ConfigMap in namespaces, none for all: any may be referred to, and none is worth
// its content.
func metadataCache(mgr ctrl.Manager, namespaces []string) (cache.Cache, error) {
	c, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient(),
		DefaultNamespaces: only(namespaces),
		DefaultTransform: func(o any) (any, error) {
			if meta, ok := o.(*metav1.PartialObjectMetadata); ok {
				meta.ManagedFields, meta.Labels, meta.Annotations, meta.OwnerReferences = nil, nil, nil, nil
			}
			return o, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return c, mgr.Add(c)
}

// admit serves the webhooks, on every replica; nil certificates mean that nobody asked for them.
func admit(ctx context.Context, mgr ctrl.Manager, s settings, certs *certificates.Certificates, references client.Reader) error {
	if certs == nil {
		mgr.GetLogger().Info("no webhooks are served", "why", "--webhook-port is 0, or the operator's namespace is not known")
		return nil
	}
	options := webhooks.DefaultOptions(s.world)
	options.Scope, options.Limits, options.References = s.scope, s.limits, references
	options.MaxConcurrent, options.ReadTimeout = s.admission.concurrent, s.admission.readTimeout
	return errors.Join(
		certs.SetupWithManager(ctx, mgr),
		webhooks.Setup(ctx, mgr, options),
		mgr.AddReadyzCheck("webhook-certificate", certs.Ready),
		mgr.AddReadyzCheck("webhook-server", mgr.GetWebhookServer().StartedChecker()),
	)
}

// statusWrites bounds the status writes on monitors and rules: per second, and at once.
const (
	statusWritesPerSecond = 100
	statusWritesAtOnce    = 200
)

// accessToSidecars is direct in a cluster, which every pod is told of in its environment.
func accessToSidecars(mgr ctrl.Manager, s settings) (controllers.Access, error) {
	outside := os.Getenv("KUBERNETES_SERVICE_HOST") == ""
	if s.sidecarAccess == "proxy" || s.sidecarAccess == "auto" && outside {
		return controllers.ThroughAPIServer(mgr.GetConfig())
	}
	return controllers.Access{}, nil
}

func wire(mgr ctrl.Manager, s settings, missing map[world.Kind]string, references cache.Cache) error {
	for kind, why := range missing {
		mgr.GetLogger().Info("a kind is left out", "kind", kind, "why", why)
	}
	access, err := accessToSidecars(mgr, s)
	if err != nil {
		return err
	}
	standings, events := controllers.NewStandings(), mgr.GetEventRecorder("promloop")
	prometheuses := &controllers.PrometheusReconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), References: references, Standings: standings,
		Options: s.world, Scope: s.scope, Limits: s.limits, Workers: s.workers, Events: events,
		Repair: controllers.RepairPolicy(s.repair), Missing: missing, Access: access,
	}
	configResources := controllers.ConfigResourceReconciler{
		Client: mgr.GetClient(), Events: events, Standings: standings, Scope: s.scope, Missing: missing,
		Writes: rate.NewLimiter(statusWritesPerSecond, statusWritesAtOnce),
	}
	errs := []error{
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("ping", healthz.Ping),
	}
	if missing[world.Prometheus] == "" {
		errs = append(errs, prometheuses.SetupWithManager(mgr), controllers.SetupConfigResources(mgr, configResources))
	}
	if s.kubelet.Service.Name != "" {
		kubelets := &controllers.KubeletReconciler{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Options: s.kubelet, Selector: s.kubeletSelector, Every: s.kubeletEvery,
		}
		errs = append(errs, kubelets.SetupWithManager(mgr))
	}
	return errors.Join(errs...)
}
