package images_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/promloop/promloop/test/e2e/images"
)

// write makes the images of the same two programs, whose files are of another time and place in each call.
func write(t *testing.T, age time.Duration) string {
	t.Helper()
	dir := t.TempDir()
	var programs []string
	for _, name := range []string{"second", "first"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("program "+name), 0o755); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, path)
	}
	file := filepath.Join(dir, "out", "image.tar")
	image := images.Image{Name: "example.org/two:v1", Programs: programs, User: "65532:65532", Architecture: "arm64"}
	if err := image.Write(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEqualProgramsGiveEqualArchives(t *testing.T) {
	t.Parallel()
	one, err := os.ReadFile(write(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(write(t, 48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, other) {
		t.Error("the archives differ")
	}
}

func TestArchiveIsAnImage(t *testing.T) {
	t.Parallel()
	image, err := tarball.ImageFromPath(write(t, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := file.OS + "/" + file.Architecture; got != "linux/arm64" {
		t.Errorf("platform %s", got)
	}
	if file.Config.User != "65532:65532" || len(file.Config.Entrypoint) != 1 || file.Config.Entrypoint[0] != "/bin/second" {
		t.Errorf("runs %v as %s, want the first program as its user", file.Config.Entrypoint, file.Config.User)
	}
}
