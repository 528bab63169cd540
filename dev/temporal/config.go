package main

import (
	"fmt"
	"net"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
)

const loopback = "127.0.0.1"

// clusterName is stored with the data: changing it orphans existing databases.
const clusterName = "active"

// ports of one server. Services find each other by these fixed addresses instead of by gossip, so that a server that was
// killed leaves no stale member behind for the next one to wait for.
type ports struct {
	frontend, history, matching, worker, ui int
}

// choosePorts takes free ports where none is asked for. All are held open until all are chosen, so that they differ;
// another process may still take one before the server listens, and then the start fails and can be tried again.
func choosePorts(o options) (ports, error) {
	p := ports{frontend: o.port, ui: o.uiPort}
	for _, port := range []*int{&p.frontend, &p.history, &p.matching, &p.worker, &p.ui} {
		if *port != 0 {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return ports{}, fmt.Errorf("find a free port: %w", err)
		}
		defer listener.Close()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

func (p ports) address(port int) string { return fmt.Sprintf("%s:%d", loopback, port) }

func (p ports) hosts() map[primitives.ServiceName]static.Hosts {
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(p.address(p.frontend)),
		primitives.HistoryService:  static.SingleLocalHost(p.address(p.history)),
		primitives.MatchingService: static.SingleLocalHost(p.address(p.matching)),
		primitives.WorkerService:   static.SingleLocalHost(p.address(p.worker)),
	}
}

func serverConfig(s stores, p ports, shards int) *config.Config {
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopback}}
	}
	return &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     mainDatabase,
			VisibilityStore:  visibilityDatabase,
			NumHistoryShards: int32(shards),
			DataStores: map[string]config.DataStore{
				mainDatabase:       {SQL: s.main},
				visibilityDatabase: {SQL: s.visibility},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.address(p.frontend)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			string(primitives.FrontendService): service(p.frontend),
			string(primitives.HistoryService):  service(p.history),
			string(primitives.MatchingService): service(p.matching),
			string(primitives.WorkerService):   service(p.worker),
		},
		PublicClient: config.PublicClient{HostPort: p.address(p.frontend)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
		}},
	}
}

// settings departs from the server's defaults where one machine, or a test, differs from a cluster. The rate of
// visibility calls stays at its default (10 a second), so that a List in a hot path fails here and not in production.
func settings() dynamicconfig.StaticClient {
	const plenty = 100_000 // a second
	return dynamicconfig.StaticClient{
		dynamicconfig.MatchingEnableFairness.Key(): true, // off by default; docker-compose.yml sets it as well

		// A namespace, and an alias of a search attribute, is known to a service after its next refresh.
		dynamicconfig.NamespaceCacheRefreshInterval.Key(): time.Second,
		// One process needs no spreading of a task queue: a task meets its poller at once.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,

		dynamicconfig.FrontendRPS.Key():                                                        plenty,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                                 plenty,
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): plenty,
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key():                        plenty,
		dynamicconfig.FrontendGlobalNamespaceNamespaceReplicationInducingAPIsRPS.Key():         plenty,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                                          plenty,
		dynamicconfig.HistoryRPS.Key():                                                         plenty,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                                           plenty,
		dynamicconfig.MatchingRPS.Key():                                                        plenty,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                                          plenty,
	}
}
