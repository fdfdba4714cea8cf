package webhooks

import (
	"context"

	v1 "github.com/promloop/promloop/api/v1"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/world"
)

// +kubebuilder:webhook:path=/validate-monitoring-coreos-com-v1-prometheusrule,mutating=false,failurePolicy=ignore,matchPolicy=Equivalent,sideEffects=None,groups=monitoring.coreos.com,resources=prometheusrules,verbs=create;update,versions=v1,name=prometheusrules.promloop.dev,admissionReviewVersions=v1,timeoutSeconds=10

// ruleJudge judges PrometheusRules for every Prometheus that selects them, and whether there is room for them.
type ruleJudge struct {
	selecting selecting
	capacity  *rules.Capacity
	limits    rules.Limits
}

func (j *ruleJudge) judge(ctx context.Context, rule *v1.PrometheusRule) (Answer, error) {
	found, err := j.selecting.of(ctx, world.PrometheusRule, rule)
	if err != nil {
		return Answer{}, err
	}
	var a Answer
	anyone := j.anyone()
	if len(found.prometheuses) == 0 {
		a.take(anyone.Object(rule).Findings, "")
	}
	judged := map[string]rules.Judgement{}
	for _, p := range found.prometheuses {
		if ctx.Err() != nil {
			return Answer{}, ctx.Err() // nobody waits for the answer any more
		}
		target := rules.TargetOf(p)
		if _, known := judged[target.Key()]; !known {
			judged[target.Key()] = rules.NewJudge(target, j.limits).Object(rule)
		}
		if !j.judgeFor(&a, p, rule, judged[target.Key()]) {
			break // what the object alone makes wrong is wrong for all
		}
	}
	found.unselected(&a)
	if len(a.Refusals) == 0 {
		for _, w := range anyone.Warnings(rule) {
			a.warn("%s", w)
		}
	}
	return a, nil
}

func (j *ruleJudge) anyone() *rules.Judge { return rules.NewJudge(rules.AnyTarget(), j.limits) }

// judgeFor takes the judgement of one Prometheus. It returns false when the object is wrong for every Prometheus.
func (j *ruleJudge) judgeFor(a *Answer, p *v1.Prometheus, rule *v1.PrometheusRule, judgement rules.Judgement) bool {
	if !judgement.Whole() {
		if common := j.anyone().Object(rule).Findings; len(common) > 0 {
			a.take(common, "")
			return false
		}
		if !a.take(judgement.Findings, "for Prometheus "+nameOf(p).String()+": ") {
			return true
		}
	}
	for _, f := range judgement.Omitted() {
		a.warn("for Prometheus %s: %s; the rules stay, without it", nameOf(p), f)
	}
	if verdict := j.capacity.Admit(nameOf(p), rule, judgement); !verdict.Accepted() {
		a.refuse("", "Prometheus %s: %s", nameOf(p), verdict.Message)
	}
	return true
}

// take turns findings into refusals. What only a newer version of Prometheus understands is a warning: the Prometheus may be about
// to be upgraded, and until then the reconciler holds the group back. It reports whether warnings were all.
func (a *Answer) take(findings []rules.Finding, who string) bool {
	before := len(a.Refusals)
	for _, f := range findings {
		if f.Reason == rules.UnsupportedByVersion {
			a.warn("%s%s", who, f)
			continue
		}
		a.Refusals = append(a.Refusals, Refusal{Field: f.Path, Message: who + f.Detail()})
	}
	return len(a.Refusals) == before
}
