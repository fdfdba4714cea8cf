package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/promloop/promloop/controllers"
)

// pollNamespaces is how often namespaces are asked for that can't be watched.
const pollNamespaces = 15 * time.Second

// newInformer makes the informers of a cache; nil makes the usual ones.
type newInformer = func(toolscache.ListerWatcher, runtime.Object, time.Duration, toolscache.Indexers) toolscache.SharedIndexInformer

// informerFor fits a cache to the operator's rights. That it lacks one that it can't work without is an error which names it: to start
// would be to wait for a cache that never fills.
func informerFor(rights controllers.Rights, config *rest.Config, watched []string, log logr.Logger) (newInformer, error) {
	if len(rights.Lacking) > 0 {
		return nil, fmt.Errorf("the operator may not %s: grant it and restart the operator", strings.Join(rights.Lacking, ", nor "))
	}
	if rights.Namespaces {
		return nil, nil
	}
	direct, err := client.New(config, client.Options{Scheme: newScheme()})
	if err != nil {
		return nil, err
	}
	log.Info("namespaces can't be watched: those of --namespaces are asked for one by one", "every", pollNamespaces)
	poller := &controllers.NamespacePoller{Live: direct, Names: watched, Every: pollNamespaces}
	return poller.NewInformer, nil
}
