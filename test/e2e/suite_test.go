package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/promloop/promloop/test/cluster"
	"github.com/promloop/promloop/test/e2e/rig"
)

func TestMain(m *testing.M) {
	cluster.EnterAsRoot(rig.Prepare, rig.PrepareUpstream, rig.PrepareHelm, rig.PrepareOLM)
	os.Exit(m.Run())
}

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	// Longer than a kubelet needs by itself, so that a change which is only slow fails a measurement and not a wait.
	SetDefaultEventuallyTimeout(3 * time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "End to end")
}

// running is the installation that all specs share.
var running *rig.Rig

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	running, err = rig.Start(ctx)
	DeferCleanup(func(ctx SpecContext) { Expect(running.Stop(ctx)).To(Succeed()) }, NodeTimeout(3*time.Minute)) // a kube-apiserver may wait a minute for requests
	Expect(err).NotTo(HaveOccurred())
	Expect(running.Install(ctx)).To(Succeed())
}, NodeTimeout(5*time.Minute))

// table is what the suite found out, printed at its end.
var table []string

func row(format string, values ...any) { table = append(table, fmt.Sprintf(format, values...)) }

var _ = AfterSuite(func() {
	fmt.Println("\n" + strings.Join(table, "\n"))
})

var _ = ReportAfterEach(func(report SpecReport) {
	if report.Failed() && running != nil {
		GinkgoWriter.Println(running.Describe())
	}
})
