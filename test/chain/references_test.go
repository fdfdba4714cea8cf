package chain

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/promloop/promloop/api/v1"
)

var _ = Describe("A referenced Secret", func() {
	It("is picked up when it comes after the monitor that names it, and when it changes", func(ctx SpecContext) {
		t := newTeam(ctx, "latesecret")
		p := t.replica(ctx, 0)
		_, _, monitor := t.operatorMetrics("late")
		monitor.Spec.Endpoints[0].BasicAuth = &v1.BasicAuth{Username: corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "login"}, Key: "user",
		}}
		create(ctx, monitor)
		Eventually(eventsOn(ctx, monitor)).WithContext(ctx).Should(ContainElement(ContainSubstring(`Secret latesecret/login key "user" does not exist`)))
		Expect(config(ctx, p)()).NotTo(ContainSubstring("serviceMonitor/latesecret/late/0"))

		create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "login"}, StringData: map[string]string{"user": "jane"},
		})
		Eventually(config(ctx, p)).WithContext(ctx).WithTimeout(30 * time.Second).Should(ContainSubstring("username: jane"))
		t.patchSecret(ctx, "login", map[string][]byte{"user": []byte("joan")})
		Eventually(config(ctx, p)).WithContext(ctx).WithTimeout(30 * time.Second).Should(ContainSubstring("username: joan"))
		t.eventuallyLoaded(ctx)
	}, SpecTimeout(4*time.Minute))
})
