package shim

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// handOver gives a started container role its description and waits for its report, which is empty once exec has succeeded.
func handOver(spec []byte, specOut, reportIn *os.File) error {
	defer reportIn.Close()
	_, writeErr := specOut.Write(spec)
	specOut.Close()
	report, err := io.ReadAll(reportIn)
	if err != nil {
		return fmt.Errorf("reading the container's report: %w", err)
	}
	if len(report) > 0 {
		return errors.New(string(report))
	}
	return writeErr
}
