package chain

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/promloop/promloop/test/chain/stack"
	"github.com/promloop/promloop/test/cluster"
)

func TestMain(m *testing.M) {
	prepare := []cluster.Prepare{stack.Build, stack.BuildUpstream}
	if provingFaults() {
		prepare = []cluster.Prepare{stack.Build, stack.BuildUnguarded}
	}
	cluster.Main(m, prepare...)
}

func TestChain(t *testing.T) {
	RegisterFailHandler(Fail)
	ctrl.SetLogger(GinkgoLogr)
	// Long enough for a pod to start and a kubelet's unpoked period to pass; nothing waits for it when all is well.
	SetDefaultEventuallyTimeout(2 * time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	suite, reporter := GinkgoConfiguration()
	suite.LabelFilter = "!" + faultLabel
	if provingFaults() {
		suite.LabelFilter = faultLabel
	}
	RunSpecs(t, "Chain", suite, reporter)
}

// running is the stack that all specs share; each works in a namespace of its own.
var running *stack.Stack

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	running, err = stack.Start(ctx, stack.Options{})
	DeferCleanup(func() { Expect(running.Stop()).To(Succeed()) })
	Expect(err).NotTo(HaveOccurred())
}, NodeTimeout(3*time.Minute))

var _ = ReportAfterEach(func(report SpecReport) {
	if report.Failed() && running != nil {
		GinkgoWriter.Println(running.Logs())
	}
})
