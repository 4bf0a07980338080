{{ campaign_results(['campaign_id']) }}
