package node

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// cutTable is the table of the packet filter that Cut fills.
const cutTable = "cut"

// Cut drops what pods send to each other and a condition of nft matches, such as "ip saddr 198.18.0.12 tcp dport 8080". The kubelet,
// on the machine itself, still reaches its pods.
func (n *Node) Cut(ctx context.Context, condition string) error {
	if err := nft(ctx, "add table ip "+cutTable); err != nil {
		return err
	}
	if err := nft(ctx, "add chain ip "+cutTable+" forward { type filter hook forward priority -10 ; }"); err != nil {
		return err
	}
	return nft(ctx, "add rule ip "+cutTable+" forward "+condition+" drop")
}

// Mend takes back every Cut.
func (n *Node) Mend(ctx context.Context) error { return nft(ctx, "delete table ip "+cutTable) }

func nft(ctx context.Context, command string) error {
	if out, err := exec.CommandContext(ctx, "nft", strings.Fields(command)...).CombinedOutput(); err != nil {
		return fmt.Errorf("nft %s: %w: %s", command, err, out)
	}
	return nil
}
