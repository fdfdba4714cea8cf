package nodelet

import (
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// environment is everything that a container's variables are made of.
type environment struct {
	pod       *corev1.Pod
	container *corev1.Container
	ip        string
	apiHost   string
	apiPort   string
	secret    func(namespace, name string) (*corev1.Secret, error)
	configMap func(namespace, name string) (*corev1.ConfigMap, error)
}

// variables returns the container's variables in the kubelet's order of precedence: the apiserver's address, envFrom, env.
func (e environment) variables() (map[string]string, error) {
	vars := map[string]string{"KUBERNETES_SERVICE_HOST": e.apiHost, "KUBERNETES_SERVICE_PORT": e.apiPort,
		"KUBERNETES_SERVICE_PORT_HTTPS": e.apiPort}
	for _, from := range e.container.EnvFrom {
		if err := e.addAll(vars, from); err != nil {
			return nil, err
		}
	}
	for _, v := range e.container.Env {
		value := expansion.Expand(v.Value, expansion.MappingFuncFor(vars))
		if v.ValueFrom != nil {
			found, ok, err := e.from(v.ValueFrom)
			if err != nil {
				return nil, fmt.Errorf("variable %s: %w", v.Name, err)
			}
			if !ok {
				continue // optional and absent
			}
			value = found
		}
		vars[v.Name] = value
	}
	return vars, nil
}

func (e environment) addAll(vars map[string]string, from corev1.EnvFromSource) error {
	switch {
	case from.ConfigMapRef != nil:
		object, err := e.configMap(e.pod.Namespace, from.ConfigMapRef.Name)
		if absent(err, from.ConfigMapRef.Optional) {
			return nil
		}
		if err != nil {
			return err
		}
		for key, value := range object.Data {
			vars[from.Prefix+key] = value
		}
	case from.SecretRef != nil:
		object, err := e.secret(e.pod.Namespace, from.SecretRef.Name)
		if absent(err, from.SecretRef.Optional) {
			return nil
		}
		if err != nil {
			return err
		}
		for key, value := range object.Data {
			vars[from.Prefix+key] = string(value)
		}
	}
	return nil
}

// from returns the value of one source; not ok if it is optional and absent.
func (e environment) from(source *corev1.EnvVarSource) (value string, ok bool, err error) {
	switch {
	case source.FieldRef != nil:
		value, err = e.field(source.FieldRef.FieldPath)
		return value, true, err
	case source.ResourceFieldRef != nil:
		value, err = resource.ExtractContainerResourceValue(source.ResourceFieldRef, e.container)
		return value, true, err
	case source.SecretKeyRef != nil:
		ref := source.SecretKeyRef
		object, err := e.secret(e.pod.Namespace, ref.Name)
		if err != nil {
			return key[[]byte](nil, ref.Name, ref.Key, ref.Optional, err)
		}
		return key(object.Data, ref.Name, ref.Key, ref.Optional, nil)
	case source.ConfigMapKeyRef != nil:
		ref := source.ConfigMapKeyRef
		object, err := e.configMap(e.pod.Namespace, ref.Name)
		if err != nil {
			return key[string](nil, ref.Name, ref.Key, ref.Optional, err)
		}
		return key(object.Data, ref.Name, ref.Key, ref.Optional, nil)
	}
	return "", false, fmt.Errorf("the nodelet knows no such source of a variable")
}

// key looks a key up in an object that was read with err.
func key[V string | []byte](data map[string]V, object, name string, optional *bool, err error) (string, bool, error) {
	if absent(err, optional) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	value, ok := data[name]
	if !ok && (optional == nil || !*optional) {
		return "", false, fmt.Errorf("no key %q in %s", name, object)
	}
	return string(value), ok, nil
}

func absent(err error, optional *bool) bool {
	return apierrors.IsNotFound(err) && optional != nil && *optional
}

// field is the downward API for variables: what the kubelet alone knows, or a field of the pod's metadata.
func (e environment) field(path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return e.pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return e.pod.Spec.ServiceAccountName, nil
	case "status.podIP", "status.podIPs":
		return e.ip, nil
	case "status.hostIP", "status.hostIPs":
		return NodeIP, nil
	}
	return fieldpath.ExtractFieldPathAsString(e.pod, path)
}

// commandLine is what runs: the container's command and arguments, or else the image's, with $(NAME) expanded.
func commandLine(c *corev1.Container, image Image, vars map[string]string) ([]string, error) {
	line := image.Entrypoint
	if len(c.Command) > 0 {
		line = expanded(c.Command, vars)
	}
	line = slices.Concat(line, expanded(c.Args, vars))
	if len(line) == 0 {
		return nil, fmt.Errorf("neither container nor image %s has a command", strconv.Quote(c.Image))
	}
	return line, nil
}

func expanded(words []string, vars map[string]string) []string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = expansion.Expand(word, expansion.MappingFuncFor(vars))
	}
	return out
}

// environ is the list that a process gets: the image's variables, which the container's replace.
func environ(image Image, vars map[string]string) []string {
	env := append([]string{"PATH=/bin:/usr/bin"}, image.Env...)
	names := make([]string, 0, len(vars))
	for name := range vars {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		env = append(env, name+"="+vars[name])
	}
	return env
}
