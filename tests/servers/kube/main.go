/* SPDX-License-Identifier: Apache-2.0 */

// The Kubernetes control plane as one program that acts by the name it was started under, because
// five links of the same packages cost minutes on a small machine. The kubelet is a program of its
// own (kubelet/main.go): it goes into machine images, where size and start-up count.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var programs = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	name := filepath.Base(os.Args[0])
	program, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "kube: unknown name %q\n", name)
		os.Exit(2)
	}
	if name == "kubectl" {
		if cli.RunNoErrOutput(program()) != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(cli.Run(program()))
}
