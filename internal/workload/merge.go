package workload

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// merged lays the user's containers over the operator's of the same name, as a strategic merge, and adds the others behind.
func (b *builder) merged(at *field.Path, own, asked []corev1.Container) []corev1.Container {
	place := map[string]int{}
	for i, container := range own {
		place[container.Name] = i
	}
	out := own
	for i, ask := range asked {
		n, known := place[ask.Name]
		if !known {
			out = append(out, ask)
			continue
		}
		container, err := merge(out[n], ask)
		if err != nil {
			b.refuse(field.Invalid(at.Index(i), ask.Name, err.Error()))
		}
		out[n] = container
	}
	return out
}

func merge(own, asked corev1.Container) (corev1.Container, error) {
	base, err := json.Marshal(own)
	if err != nil {
		return own, fmt.Errorf("encoding the operator's container: %w", err)
	}
	patch, err := json.Marshal(asked)
	if err != nil {
		return own, fmt.Errorf("encoding the container of the spec: %w", err)
	}
	result, err := strategicpatch.StrategicMergePatch(base, patch, corev1.Container{})
	if err != nil {
		return own, fmt.Errorf("can't be merged: %w", err)
	}
	var out corev1.Container
	if err := json.Unmarshal(result, &out); err != nil {
		return own, fmt.Errorf("is no container once merged: %w", err)
	}
	keepOneHandler(out.StartupProbe, asked.StartupProbe)
	keepOneHandler(out.ReadinessProbe, asked.ReadinessProbe)
	keepOneHandler(out.LivenessProbe, asked.LivenessProbe)
	return out, nil
}

// keepOneHandler lets a probe of another kind replace the operator's: merged, both would stand, which the API refuses.
func keepOneHandler(merged, asked *corev1.Probe) {
	if merged == nil || asked == nil {
		return
	}
	if asked.Exec != nil || asked.HTTPGet != nil || asked.TCPSocket != nil || asked.GRPC != nil {
		merged.ProbeHandler = sameKind(merged.ProbeHandler, asked.ProbeHandler)
	}
}

// sameKind keeps of the merged handlers those that were asked for, with what the merge filled in.
func sameKind(merged, asked corev1.ProbeHandler) corev1.ProbeHandler {
	if asked.Exec == nil {
		merged.Exec = nil
	}
	if asked.HTTPGet == nil {
		merged.HTTPGet = nil
	}
	if asked.TCPSocket == nil {
		merged.TCPSocket = nil
	}
	if asked.GRPC == nil {
		merged.GRPC = nil
	}
	return merged
}
