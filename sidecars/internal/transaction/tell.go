package transaction

import (
	"context"
	"log/slog"

	"github.com/promloop/promloop/sidecars/internal/contract"
)

// tell logs what changed, once.
func (d *Driver) tell(before, after State) {
	if after.Seen.Set != before.Seen.Set && after.Seen.Digest != "" {
		d.Log.Info("seen", setAttrs(after.Seen.Set)...)
	}
	if was, is := before.LoadedNow(), after.LoadedNow(); was != is && is.ID != "" {
		d.Log.Info("loaded", append(setAttrs(is), "after", after.Now-after.FirstSeen, "prometheus", after.Prom.Version)...)
	}
	was, _ := before.Standing()
	is, refused := after.Standing()
	if is == was || is.Reason == "" {
		return
	}
	level := slog.LevelInfo
	if refused != "" || is.Reason == contract.WriteFailed {
		level = slog.LevelError
	}
	d.Log.Log(context.Background(), level, "not loaded", append(setAttrs(after.Seen.Set), "reason", is.Reason, "err", is.Text)...)
}

func setAttrs(s Set) []any {
	return []any{"digest", s.Digest, "generation", s.Generation}
}
