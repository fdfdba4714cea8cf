package workload

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/promloop/promloop/internal/world"
)

// reloaderTimes are the variables of the times that the operator's flags or this Prometheus set.
func (b *builder) reloaderTimes() [][2]string {
	var env [][2]string
	for _, name := range world.ReloaderTimes {
		every := b.options.ReloaderTimes[name]
		if text, asked := b.world.Prometheus.Annotations[world.ReloaderTimeAnnotation+name]; asked {
			every = b.reloaderTime(name, text)
		}
		if every > 0 {
			env = append(env, [2]string{"RELOADER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")), every.String()})
		}
	}
	return env
}

func (b *builder) reloaderTime(name, text string) time.Duration {
	every, err := time.ParseDuration(text)
	if err != nil || every <= 0 {
		b.refuse(field.Invalid(field.NewPath("metadata", "annotations").Key(world.ReloaderTimeAnnotation+name), text, "want a time above zero such as 5s or 2m"))
	}
	return every
}
