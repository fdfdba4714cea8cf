package plan

import (
	"github.com/promloop/promloop/internal/promconfig"
	"github.com/promloop/promloop/internal/rules"
	"github.com/promloop/promloop/internal/workload"
	"github.com/promloop/promloop/internal/world"
)

// Fill is how much of the room for each kind of content is in use, from 0 to 1. What does not fit is held back, so it is never more.
// A configuration has two bounds, packed and unpacked; the nearer one counts.
type Fill struct{ Config, Rules, Assets float64 }

func fill(w *world.World, config promconfig.Result, rp rules.Plan) Fill {
	return Fill{
		Config: max(ratio(sum(config.Fill), workload.ConfigParts(w)*promconfig.PartRoom), ratio(config.Text, promconfig.TextRoom)),
		Rules:  ratio(sum(rp.Fill), len(rp.Fill)*rp.Capacity),
		Assets: ratio(assetBytes(w, config), workload.AssetShards(w)*assetShardLimit),
	}
}

// assetBytes counts the files that the configuration names, or those that stand where it could not be rendered.
func assetBytes(w *world.World, config promconfig.Result) (total int) {
	if len(config.Stored) == 0 {
		for name, at := range standingAssets(w, workload.AssetShards(w)) {
			total += len(name) + len(at.content)
		}
		return total
	}
	for name, value := range config.Assets {
		total += len(name) + len(value.Reveal())
	}
	return total
}

func sum(sizes []int) (total int) {
	for _, bytes := range sizes {
		total += bytes
	}
	return total
}

func ratio(used, room int) float64 {
	if room == 0 {
		return 0
	}
	return float64(used) / float64(room)
}
