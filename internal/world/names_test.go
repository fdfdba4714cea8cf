package world

import "testing"

func TestShardOf(t *testing.T) {
	for shard := range 20 {
		if got := ShardOf("main", StatefulSetName("main", shard)); got != shard {
			t.Errorf("%s runs shard %d, not %d", StatefulSetName("main", shard), shard, got)
		}
	}
	for _, name := range []string{
		"", "1", "main-shard-1", "prometheus-mai", "prometheus-main2", "prometheus-main-shard-", "prometheus-main-shard-0",
		"prometheus-main-shard-01", "prometheus-main-shard--1", "prometheus-main-shard-x", "prometheus-main-shard-1-shard-1",
	} {
		if got := ShardOf("main", name); got != -1 {
			t.Errorf("%q is the name of no shard, got %d", name, got)
		}
	}
}
