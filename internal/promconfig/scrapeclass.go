package promconfig

import (
	"cmp"
	"fmt"

	"k8s.io/utils/ptr"

	v1 "github.com/promloop/promloop/api/v1"
)

// scrapeClass is what objects of one class share. What it refers to is looked up in the namespace of the Prometheus.
type scrapeClass struct {
	v1.ScrapeClass
	tls           *tlsConfig
	authorization *authorization
	// fault is what is wrong with the class. No object can be of it until that is mended.
	fault *Fault
}

func scrapeClassOf(s *scope, class v1.ScrapeClass) scrapeClass {
	out := scrapeClass{ScrapeClass: class}
	if class.TLSConfig != nil {
		out.tls = new(s.tls(*class.TLSConfig))
	}
	if class.Authorization != nil {
		out.authorization = new(s.authorization(*class.Authorization))
	}
	return out
}

// inspectClasses tells the Prometheus what is wrong with its classes, and keeps objects from using those.
func (run *run) inspectClasses() {
	s := run.settings
	for i := range s.spec.ScrapeClasses {
		class := &s.spec.ScrapeClasses[i]
		in := run.ownInspector()
		in.longPatterns = false // its steps become part of every object's jobs
		in.atIndex("spec.scrapeClasses", i, func() {
			in.walk(class)
			if ptr.Deref(class.Default, false) && class.Name != s.byDefault.Name {
				in.at("default", func() { in.fault(InvalidField, "scrape class %q is the default too", s.byDefault.Name) })
			}
		})
		if len(in.faults) == 0 {
			continue
		}
		run.faults = append(run.faults, in.faults...)
		broken := s.classes[class.Name]
		broken.fault = &in.faults[0]
		s.classes[class.Name] = broken
		if s.byDefault.Name == class.Name {
			s.byDefault = broken
		}
	}
}

// classFault is what keeps an object from being of a class, or nil.
func (s *settings) classFault(name *string) *Fault {
	if _, defined := s.classes[ptr.Deref(name, "")]; !defined && ptr.Deref(name, "") != "" {
		return &Fault{Reason: UnknownScrapeClass, Message: fmt.Sprintf("the Prometheus has no scrape class %q", *name)}
	}
	class := s.class(name)
	if class.fault == nil {
		return nil
	}
	return &Fault{Reason: class.fault.Reason, Message: fmt.Sprintf("scrape class %q of the Prometheus: %v", class.Name, class.fault)}
}

// mergeTLS fills in the files that an object's own TLS configuration does not name.
func (c scrapeClass) mergeTLS(own *tlsConfig) *tlsConfig {
	if own == nil || c.tls == nil {
		return cmp.Or(own, c.tls)
	}
	merged := *own
	merged.CAFile = cmp.Or(own.CAFile, c.tls.CAFile)
	merged.CertFile = cmp.Or(own.CertFile, c.tls.CertFile)
	merged.KeyFile = cmp.Or(own.KeyFile, c.tls.KeyFile)
	return &merged
}

func (c scrapeClass) mergeAuthorization(own *authorization) *authorization {
	if own == nil || c.authorization == nil {
		return cmp.Or(own, c.authorization)
	}
	merged := *own
	if own.Credentials == "" && own.CredentialsFile == "" {
		merged.Credentials, merged.CredentialsFile = c.authorization.Credentials, c.authorization.CredentialsFile
	}
	return &merged
}
