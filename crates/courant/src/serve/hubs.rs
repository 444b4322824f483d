//! Subscriptions for the web server, by the pipeline.

use courant_pipeline::{HubCallbacks, Push};
use courant_server::{HubSubscriptions, Pushed, Verification};

/// The subscriptions of the site. Where the store fails, a hub gets the answer for an unknown
/// subscription.
#[derive(Clone)]
pub(super) struct SiteSubscriptions(pub(super) HubCallbacks);

impl HubSubscriptions for SiteSubscriptions {
    async fn exists(&self, id: String) -> bool {
        or_false(self.0.exists(&id).await, "cannot look up a subscription")
    }

    async fn verify(&self, id: String, request: Verification) -> bool {
        let verified = self.0.verify(&id, &request.mode, &request.topic, request.lease_seconds).await;
        or_false(verified, "cannot verify a subscription for a hub")
    }

    async fn receive(&self, id: String, pushed: Pushed) -> bool {
        let push = Push {
            signature: pushed.signature.as_deref(),
            content_type: pushed.content_type.as_deref(),
            body: &pushed.body,
        };
        or_false(self.0.receive(&id, push).await, "cannot store a push")
    }
}

fn or_false(answer: anyhow::Result<bool>, problem: &'static str) -> bool {
    answer.unwrap_or_else(|error| {
        tracing::error!(error = %format_args!("{error:#}"), "{problem}");
        false
    })
}
