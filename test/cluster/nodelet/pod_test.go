package nodelet_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A pod", func() {
	It("runs", func(ctx SpecContext) {
		p := create(ctx, pod(newNamespace(ctx), "plain"))
		Expect(ask(ctx, p, "/args")).To(Equal("/bin/testpod serve"))
	})
})
