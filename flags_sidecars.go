package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/promloop/promloop/internal/world"
)

func (s *settings) sidecars(fs *flag.FlagSet) {
	w := &s.world
	fs.StringVar(&w.ConfigReloaderImage, "prometheus-config-reloader", "quay.io/promloop/config-reloader:"+version, "image of config-reloader and of the init container")
	fs.StringVar(&w.RulesReloaderImage, "config-reloader-image", "quay.io/promloop/rules-reloader:"+version, "image of rules-reloader")
	fs.StringVar(&s.reloaderContract, "reloader-contract", "auto", "promloop, plain, or auto: what the sidecar images understand; auto takes promloop for images with promloop in their name")
	w.ReloaderTimes = map[string]time.Duration{}
	for _, name := range world.ReloaderTimes {
		fs.Func("reloader-"+name, name+" of the sidecars, such as 5s; the annotation "+world.ReloaderTimeAnnotation+name+" sets it for one Prometheus", func(value string) (err error) {
			w.ReloaderTimes[name], err = time.ParseDuration(value)
			return err
		})
	}
	fs.StringVar(&s.sidecarAccess, "sidecar-access", "auto", "direct, proxy, or auto: how the sidecars' reports are reached; proxy goes through the API server, and auto takes it outside of a cluster")
	w.ReloaderResources = corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	w.ReloaderResources.Requests[corev1.ResourceCPU] = resource.MustParse("10m")
	w.ReloaderResources.Requests[corev1.ResourceMemory] = resource.MustParse("50Mi")
	w.ReloaderResources.Limits[corev1.ResourceMemory] = resource.MustParse("50Mi")
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		amounts := &reloaderAmounts{resource: name}
		quantity(fs, &amounts.both, "config-reloader-"+string(name), "request and limit of each sidecar, 0 for none")
		quantity(fs, &amounts.request, "config-reloader-"+string(name)+"-request", "request of each sidecar, 0 for none")
		quantity(fs, &amounts.limit, "config-reloader-"+string(name)+"-limit", "limit of each sidecar, 0 for none")
		s.reloaderAmounts = append(s.reloaderAmounts, amounts)
	}
}

// reloaderAmounts are what the flags say of one resource of the sidecars, nil where they say nothing.
type reloaderAmounts struct {
	resource             corev1.ResourceName
	both, request, limit *resource.Quantity
}

// into puts them in place: request and limit alone go before both together, wherever they stand on the command line.
func (a *reloaderAmounts) into(r corev1.ResourceRequirements) {
	put := func(list corev1.ResourceList, asked ...*resource.Quantity) {
		for _, q := range asked {
			switch {
			case q == nil:
			case q.IsZero():
				delete(list, a.resource)
			default:
				list[a.resource] = *q
			}
		}
	}
	put(r.Requests, a.both, a.request)
	put(r.Limits, a.both, a.limit)
}

// quantity defines a flag for an amount of something; "" says nothing, as upstream has it.
func quantity(fs *flag.FlagSet, into **resource.Quantity, name, usage string) {
	fs.Func(name, usage, func(value string) error {
		if value == "" {
			return nil
		}
		q, err := resource.ParseQuantity(value)
		if err != nil {
			return fmt.Errorf("%q is not a quantity such as 50Mi or 100m: %w", value, err)
		}
		*into = &q
		return nil
	})
}

// completeSidecars settles what depends on several flags of the sidecars.
func (s *settings) completeSidecars() error {
	for _, amounts := range s.reloaderAmounts {
		amounts.into(s.world.ReloaderResources)
	}
	switch s.reloaderContract {
	case "promloop":
	case "plain":
		s.world.ForeignReloaders = true
	case "auto":
		s.world.ForeignReloaders = len(s.foreignImages()) > 0
	default:
		return fmt.Errorf("--reloader-contract is %q: it takes promloop, plain or auto", s.reloaderContract)
	}
	if !slices.Contains([]string{"auto", "direct", "proxy"}, s.sidecarAccess) {
		return fmt.Errorf("--sidecar-access is %q: it takes direct, proxy or auto", s.sidecarAccess)
	}
	return nil
}

// foreignImages are those that are not promloop's by their name.
func (s *settings) foreignImages() []string {
	return slices.DeleteFunc([]string{s.world.ConfigReloaderImage, s.world.RulesReloaderImage}, func(image string) bool {
		return strings.Contains(image, "promloop")
	})
}
