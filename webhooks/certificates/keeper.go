package certificates

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/internal/world"
)

// Keys of the Secret. The first two are those of every TLS Secret.
const (
	certKey  = "tls.crt"
	keyKey   = "tls.key"
	casKey   = "ca.crt"
	caKeyKey = "ca.key"
)

// keeper keeps the Secret, and the authorities in the webhook configurations, as the policy says. Only the leader runs it.
type keeper struct {
	live           client.Reader // not the cache: what is decided on must be what stands
	writer         client.Writer
	secret         types.NamespacedName
	configurations []client.Object // by name
	policy         Policy
	clock          clock.Clock
	log            logr.Logger
}

// Start implements manager.Runnable. It ends when ctx does.
func (k *keeper) Start(ctx context.Context) error {
	for {
		due, err := k.keep(ctx)
		wait := min(k.policy.LookEvery, due.Sub(k.clock.Now()))
		if err != nil {
			k.log.Error(err, "the webhook's certificate could not be kept", "secret", k.secret)
			wait = time.Second
		}
		select {
		case <-ctx.Done():
			return nil
		case <-k.clock.After(wait):
		}
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (k *keeper) NeedLeaderElection() bool { return true }

// keep brings the Secret up to date, then the webhook configurations, and says when to look again.
func (k *keeper) keep(ctx context.Context) (time.Time, error) {
	var secret corev1.Secret
	err := k.live.Get(ctx, k.secret, &secret)
	if client.IgnoreNotFound(err) != nil {
		return time.Time{}, err
	}
	missing := apierrors.IsNotFound(err)
	have := bundleOf(&secret)
	next, due, err := k.policy.Next(k.clock.Now(), have)
	if err != nil {
		return time.Time{}, err
	}
	if err := k.store(ctx, &secret, missing, next); err != nil {
		return time.Time{}, err
	}
	var errs []error
	for _, c := range k.configurations {
		errs = append(errs, k.trust(ctx, c.DeepCopyObject().(client.Object), next.CAs))
	}
	return due, errors.Join(errs...)
}

func bundleOf(s *corev1.Secret) Bundle {
	return Bundle{CAs: s.Data[casKey], CAKey: s.Data[caKeyKey], Cert: s.Data[certKey], Key: s.Data[keyKey]}
}

// store writes the bundle, if it differs. The write carries the resourceVersion that it was decided on.
func (k *keeper) store(ctx context.Context, s *corev1.Secret, missing bool, b Bundle) error {
	data := map[string][]byte{casKey: b.CAs, caKeyKey: b.CAKey, certKey: b.Cert, keyKey: b.Key}
	if !missing && maps.EqualFunc(s.Data, data, bytes.Equal) && s.Labels[world.ManagedByLabel] == world.ManagedByValue {
		return nil
	}
	s.Data = data
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[world.ManagedByLabel] = world.ManagedByValue // by this label the cache has it
	k.log.Info("writing the webhook's certificate", "secret", k.secret)
	if missing {
		s.ObjectMeta = metav1.ObjectMeta{Namespace: k.secret.Namespace, Name: k.secret.Name, Labels: s.Labels}
		s.Type = corev1.SecretTypeTLS
		return k.writer.Create(ctx, s)
	}
	return k.writer.Update(ctx, s)
}

// trust puts the authorities into every webhook of a configuration. One that does not exist is none of our business: somebody
// else may have registered the webhook, or nobody yet.
func (k *keeper) trust(ctx context.Context, config client.Object, cas []byte) error {
	name := config.GetName()
	if err := k.live.Get(ctx, types.NamespacedName{Name: name}, config); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := config.DeepCopyObject().(client.Object)
	changed := false
	for _, c := range clients(config) {
		changed = changed || !bytes.Equal(c.CABundle, cas)
		c.CABundle = cas
	}
	if !changed {
		return nil
	}
	k.log.Info("telling the API server whom to trust", "configuration", name)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := k.writer.Patch(ctx, config, patch); err != nil {
		return fmt.Errorf("webhook configuration %s: %w", name, err)
	}
	return nil
}

// clients are how the API server calls each webhook of a configuration.
func clients(config client.Object) []*admissionregistrationv1.WebhookClientConfig {
	var out []*admissionregistrationv1.WebhookClientConfig
	switch c := config.(type) {
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i := range c.Webhooks {
			out = append(out, &c.Webhooks[i].ClientConfig)
		}
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i := range c.Webhooks {
			out = append(out, &c.Webhooks[i].ClientConfig)
		}
	}
	return out
}
