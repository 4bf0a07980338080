{{ campaign_results(['campaign_id', 'offer_id', 'channel', 'segment']) }}
