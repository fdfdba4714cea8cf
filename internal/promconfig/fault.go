package promconfig

import (
	"fmt"
	"strings"

	"github.com/promloop/promloop/internal/world"
)

// Reasons of a Verdict, for machines.
const (
	InvalidText          = "InvalidText"          // not UTF-8
	EnvReference         = "EnvReference"         // $(NAME) where nothing may be expanded
	InvalidRelabeling    = "InvalidRelabeling"    // a step that Prometheus refuses
	InvalidRegex         = "InvalidRegex"         // a pattern that does not compile
	TooLarge             = "TooLarge"             // a pattern, list or job beyond its limit
	InvalidDuration      = "InvalidDuration"      // not a duration as Prometheus writes it
	InvalidSize          = "InvalidSize"          // not a size as Prometheus writes it
	InvalidURL           = "InvalidURL"           // an address that can't be read
	InvalidLabel         = "InvalidLabel"         // a label name that Prometheus refuses
	InvalidSelector      = "InvalidSelector"      // a selector that can't be read
	InvalidTarget        = "InvalidTarget"        // something to scrape that is no address
	TimeoutAboveInterval = "TimeoutAboveInterval" // a scrape may not take longer than its interval
	InvalidClient        = "InvalidClient"        // authentication, TLS or proxies that contradict each other
	MissingReference     = "MissingReference"     // a key that does not exist
	UnknownReference     = "UnknownReference"     // a key that can't be read just now
	FileAccess           = "FileAccess"           // a file of Prometheus, where that is denied
	UnknownScrapeClass   = "UnknownScrapeClass"   // a class that the Prometheus does not define
	UnsupportedVersion   = "UnsupportedVersion"   // a field that needs a newer Prometheus
	InvalidField         = "InvalidField"         // a value outside of what the field allows
	InvalidAdditional    = "InvalidAdditional"    // a part of the user's own text that is not what it should be
	DuplicateJob         = "DuplicateJob"         // two jobs of one name
	NoRoom               = "NoRoom"               // more than the Secrets hold that the pods mount, or than a reloader takes
	QuotaExceeded        = "QuotaExceeded"        // more than the share of a namespace
)

// Fault is one thing that is wrong with an object.
type Fault struct {
	// Path is where: the field in the form spec.endpoints[0].interval.
	Path    string
	Reason  string
	Message string
}

func (f Fault) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

// maxFaults is how many faults a Verdict spells out.
const maxFaults = 5

// verdictOf sums faults up: the reason of the first, and the words of the first few.
func verdictOf(faults []Fault) world.Verdict {
	if len(faults) == 0 {
		return world.Verdict{}
	}
	var lines []string
	for _, f := range faults[:min(len(faults), maxFaults)] {
		lines = append(lines, f.String())
	}
	if more := len(faults) - maxFaults; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return world.Verdict{Reason: faults[0].Reason, Message: strings.Join(lines, "; ")}
}
