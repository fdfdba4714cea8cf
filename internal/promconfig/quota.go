package promconfig

// refuseWhole refuses an object whose jobs, up to that of part n, are longer than one object may be. It stays as it was published.
func (run *run) refuseWhole(out *rendered, in *inspector, b *builder, o scrapeObject, n int) {
	in.at("spec", func() {
		in.fault(TooLarge, "the first %d of its %d jobs take %d bytes of configuration, and one object may take %d: divide it, or shorten "+
			"its selectors and relabelings", n+1, o.parts(), out.text, run.renderer.room.object)
	})
	b.scope.assets = nil
	out.jobs, out.kept, out.text = nil, nil, 0
	if run.keeps(in.faults) {
		out.kept = run.publishedJobs(o)
		out.jobs = out.kept
	}
}

// publishedJobs are those of an object as they were published.
func (run *run) publishedJobs(o scrapeObject) []jobText {
	var out []jobText
	for n := range o.parts() {
		out = append(out, run.published().job(o.jobName(n))...)
	}
	return out
}
